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

/** The same about one resource, which the line is shown with. */
export function refusalOf(resource: pulumi.Resource, message: string): pulumi.ResourceError {
  const error = new pulumi.ResourceError(message, resource, true);
  error.stack = message;
  return error;
}
