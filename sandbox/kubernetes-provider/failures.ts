// Part of the sandbox's stand-in of the Pulumi engine's `kubernetes` resource-provider plugin.
import type { ValueObject } from "./values.js";

/** The object is on the cluster but didn't become ready: the engine stores it with the reasons. */
export class NotReadyError extends Error {
  constructor(
    message: string,
    readonly object: ValueObject,
    readonly reasons: readonly string[],
  ) {
    super(message);
  }
}
