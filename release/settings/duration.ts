import parse from "parse-duration";
import { z } from "zod";

/** Go-style durations only: the parser itself would also take "an hour or so". */
const goDuration = /^(\d+(\.\d+)?(ms|h|m|s))+$/;

/** Timers of the runtime can't wait longer; nobody wants a release of twenty days either. */
const longestSeconds = 480 * 3600;

/** A duration as Flagger writes it ("10s", "1m30s", "500ms") or a number of seconds; parsed to seconds. */
export const durationSeconds = z
  .union([z.string(), z.number()])
  .transform((value, context): number => {
    const seconds = typeof value === "number" ? value : toSeconds(value);
    if (seconds === undefined || !Number.isFinite(seconds) || seconds < 0) {
      context.addIssue({
        code: "custom",
        message: `not a duration: ${JSON.stringify(value)}; write it like "10s" or "1m30s"`,
      });
      return z.NEVER;
    }
    if (seconds > longestSeconds) {
      context.addIssue({ code: "custom", message: "must be at most 480h" });
      return z.NEVER;
    }
    return seconds;
  })
  .meta({ description: 'Duration: "500ms", "10s", "1m30s", "1h", or a number of seconds.' });

function toSeconds(text: string): number | undefined {
  if (!goDuration.test(text)) return undefined;
  const milliseconds = parse(text, "ms");
  return milliseconds === null || milliseconds === undefined ? undefined : milliseconds / 1000;
}

/** A duration of at least `minimumSeconds`. */
export function durationAtLeast(minimumSeconds: number) {
  return durationSeconds.refine((seconds) => seconds >= minimumSeconds, {
    message: `must be at least ${minimumSeconds}s`,
  });
}
