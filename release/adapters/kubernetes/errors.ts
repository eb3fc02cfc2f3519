import { TransientError } from "../../ports/index.js";
import { quote } from "../http/index.js";
import type { Call } from "./call.js";
import { describe, qualified } from "./call.js";

/** The object is not there (404). */
export class NotFoundError extends Error {}

/** Somebody changed the object in between, or a tested value was another (409, 422). */
export class ConflictError extends Error {}

/** The API server's authorizer refuses it. */
class ForbiddenError extends Error {}

/** For what this user need not be allowed to see: as if it were not there. */
export function unlessForbidden(error: unknown): undefined {
  if (!(error instanceof ForbiddenError)) throw error;
}

/** Turns an answer of the API server that is no success into an error of one line that says what to do. */
export function errorOf(call: Call, status: number, body: string): Error {
  const message = messageOf(body);
  if (status === 401)
    return new Error("the API server does not accept these credentials (401): log in again or check the kubeconfig");
  if (status === 403) return forbidden(call, message);
  if (status === 404) return new NotFoundError(`${describe(call)} does not exist`);
  if (status === 409 || (status === 422 && call.test === true))
    return new ConflictError(`${describe(call)} was changed by somebody else in the meantime`);
  if (status === 408 || status === 429 || status >= 500)
    return new TransientError(`the API server can't ${call.verb} ${describe(call)} now (${status}): ${message}`);
  return new Error(`the API server refuses to ${call.verb} ${describe(call)} (${status}): ${message}`);
}

function forbidden(call: Call, message: string): Error {
  // Admission also answers 403; only the authorizer's answer is about permissions.
  if (!/ cannot /.test(message))
    return new Error(`the API server refuses to ${call.verb} ${describe(call)}: ${message}`);
  const where = call.namespace === undefined ? "in the whole cluster" : `in namespace ${call.namespace}`;
  return new ForbiddenError(
    `not allowed to ${call.verb} ${describe(call)}: give this user the RBAC verb "${call.verb}" on ${qualified(call)} ${where}`,
  );
}

function messageOf(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === "object" && parsed !== null && "message" in parsed && typeof parsed.message === "string")
      return quote(parsed.message, 200);
  } catch {
    // Not the API server's own answer (a proxy in front of it, say): its text is quoted.
  }
  return quote(body) || "no message";
}
