import { z } from "zod";

/** JSON has neither infinity nor a negative zero, and would write others: such numbers are texts in a report. */
export const number = z.union([
  z.number(),
  z.enum(["Infinity", "-Infinity", "NaN", "-0"]).transform((text): number => Number(text)),
]);

export type WrittenNumber = z.input<typeof number>;

export function writeNumber(value: number): WrittenNumber {
  if (Object.is(value, -0)) return "-0";
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}

/** A list of numbers: whole ones as the first and the steps from each to the next, which compress well. */
export const numbers = z
  .union([z.object({ steps: z.array(z.int()) }), z.object({ raw: z.array(number) })])
  .transform((list): readonly number[] => ("raw" in list ? list.raw : summed(list.steps)));

export type WrittenNumbers = z.input<typeof numbers>;

export function writeNumbers(list: readonly number[]): WrittenNumbers {
  const whole = list.every((value) => Number.isSafeInteger(value) && !Object.is(value, -0));
  const steps = list.map((value, index) => value - (list[index - 1] ?? 0));
  return whole && steps.every(Number.isSafeInteger) ? { steps } : { raw: list.map(writeNumber) };
}

function summed(steps: readonly number[]): readonly number[] {
  let sum = 0;
  return steps.map((step) => (sum += step));
}
