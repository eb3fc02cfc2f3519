import { received } from "../settings/index.js";

/** Values of the engine as a provider gets them. */
export type Inputs = Readonly<Record<string, unknown>>;

/** Marks a value the engine does not know yet. */
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export function isUnknown(value: unknown): boolean {
  return value === unknown;
}

/** What is not known yet, in a preview, or stays unsaid (null) is left out. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && !isUnknown(value) ? value : undefined;
}

export function containsUnknown(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return isUnknown(value);
  return Object.values(value).some(containsUnknown);
}

/** What a provider answers to inputs: as they are taken, and what is wrong with them. */
export interface Checked {
  readonly inputs: Inputs;
  readonly failures: readonly { readonly property: string; readonly reason: string }[];
}

export function accepted(inputs: Inputs): Checked {
  return { inputs, failures: [] };
}

/** Settings of a release among a provider's inputs; one object in the state of earlier versions. */
export function settingsIn({ settings, computed }: Inputs): unknown {
  return typeof settings === "string" && !isUnknown(settings) ? received(settings, computed) : settings;
}
