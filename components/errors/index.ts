/** Errors for the reader of `pulumi up`: one line, at once. */
import * as pulumi from "@pulumi/pulumi";

/**
 * Ends the program with one line. Its stack is left out: Pulumi's SDK formats every error that ends a program, and a
 * frame of its own files (`node_modules/@pulumi/output.ts`) keeps Node's formatter busy for a minute.
 */
export function refusal(message: string): pulumi.RunError {
  const error = new pulumi.RunError(message);
  error.stack = message;
  return error;
}
