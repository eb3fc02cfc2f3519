/** Errors for the reader of `pulumi up`: one line, at once. */
import * as pulumi from "@pulumi/pulumi";
import { DynamicResource, isOwnProvider } from "../dynamic/index.js";

/**
 * Ends the program with one line. Its stack is left out: Pulumi's SDK formats every error that ends a program, and a
 * frame of its own files (`node_modules/@pulumi/output.ts`) keeps Node's formatter busy for a minute.
 */
export function refusal(message: string): pulumi.RunError {
  const error = new pulumi.RunError(message);
  error.stack = message;
  return error;
}

/** The same about one resource, which the line is shown with. */
export function refusalOf(resource: pulumi.Resource, message: string): pulumi.ResourceError {
  const error = new pulumi.ResourceError(message, resource, true);
  error.stack = message;
  return error;
}

class Refusal extends DynamicResource {
  constructor(name: string, reason: string, parent: pulumi.Resource) {
    super("Refusal", { name: "refusal", methods: ["check", "create"] }, name, { reason }, [], { parent });
  }
}

/** Ends the update with one line about what it belongs to. */
export type Refuse = (message: string) => Promise<never>;

/**
 * Ends the update with one line about a resource, where that is found when an output is known. An inline program of the
 * Automation API has no end where a promise is merely rejected: all that waits for it waits on. So the engine is shown a
 * resource that it refuses; it ends program and update. Never resolves; rejects where no engine is, as in unit tests.
 */
export function refusing(resource: pulumi.Resource, name: string): Refuse {
  return (message) => {
    if (pulumi.runtime.getEngine() === undefined || isOwnProvider())
      return Promise.reject(refusalOf(resource, message));
    // One line ends it: a second one of the same name would be told as a mistake of its own.
    if (!refused.has(resource)) new Refusal(`${name}-refusal`, message, resource);
    refused.add(resource);
    return never();
  };
}

const refused = new WeakSet<pulumi.Resource>();

/** For an `apply`: what `make` makes of what is known now, and the end of the update where it refuses that. */
export function orRefuse<T, R>(refuse: Refuse, make: (known: T) => R): (known: T) => Promise<R> {
  return async (known) => {
    try {
      return make(known);
    } catch (error) {
      if (!pulumi.RunError.isInstance(error)) throw error;
      return refuse(error.message);
    }
  };
}

/** What waits for it is not made, and ends with the program. */
export function never(): Promise<never> {
  return new Promise(() => undefined);
}
