// Part of the sandbox's stand-in of the Pulumi engine's `kubernetes` resource-provider plugin.
import { createHash } from "node:crypto";
import { ApiError } from "./client.js";
import type { ApiClient } from "./client.js";
import { at, isObject, listAt, objectAt, textAt, withValue } from "./values.js";
import type { Value, ValueObject } from "./values.js";

export const creator = "pulumi-kubernetes";

/** The manager under which one resource is updated; a program may name another. */
export function managerOf(urn: string, inputs: ValueObject = {}): string {
  const asked = textAt(inputs, "metadata", "annotations", "pulumi.com/patchFieldManager");
  return asked ?? `${creator}-${createHash("sha256").update(urn).digest("hex").slice(0, 8)}`;
}

/** Hands what the create owns to the manager of updates: fields that leave the program then leave the object. */
export async function takeOver(client: ApiClient, path: string, live: ValueObject, manager: string): Promise<void> {
  for (let attempt = 1, object: ValueObject | undefined = live; object !== undefined; attempt++) {
    if (isTakenOver(object, manager)) return;
    const managedFields = listAt(object, "metadata", "managedFields").map((entry) =>
      isCreators(entry) && isObject(entry) ? { ...entry, manager, operation: "Apply" } : entry,
    );
    const patch = [
      { op: "replace", path: "/metadata/managedFields", value: managedFields },
      { op: "replace", path: "/metadata/resourceVersion", value: textAt(object, "metadata", "resourceVersion") ?? "" },
    ];
    try {
      await client.request("PATCH", path, { body: patch, contentType: "application/json-patch+json" });
      return;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 409 || attempt >= 5) throw error;
    }
    object = await client.find(path);
  }
}

export function isTakenOver(live: ValueObject, manager: string): boolean {
  const entries = listAt(live, "metadata", "managedFields");
  const isApplied = entries.some((entry) => textAt(entry, "manager") === manager && !isCreators(entry));
  return isApplied || !entries.some(isCreators);
}

function isCreators(entry: Value): boolean {
  return (
    textAt(entry, "manager") === creator &&
    textAt(entry, "operation") === "Update" &&
    at(entry, "subresource") === undefined
  );
}

/** Resources of the types `…Patch` are applied whether the object exists or not, and only let go of when deleted. */
export function isPatch(urn: string, kind: string | undefined): boolean {
  return (urn.split("::")[2] ?? "").endsWith(`:${kind ?? ""}Patch`);
}

export interface Apply {
  readonly object: ValueObject;
  readonly manager: string;
  readonly isDryRun: boolean;
}

/** Server-side apply. @throws ApiError with one line that names managers and fields of a conflict */
export async function apply(client: ApiClient, path: string, request: Apply): Promise<ValueObject> {
  const isForced = textAt(request.object, "metadata", "annotations", "pulumi.com/patchForce") === "true";
  try {
    return await client.request("PATCH", path, {
      query: {
        fieldManager: request.manager,
        force: String(isForced),
        ...(request.isDryRun ? { dryRun: "All" } : {}),
      },
      body: request.object,
      contentType: "application/apply-patch+yaml",
    });
  } catch (error) {
    if (error instanceof ApiError && error.conflicts.length > 0) throw conflict(error, request.object);
    throw error;
  }
}

function conflict(error: ApiError, object: ValueObject): ApiError {
  const fields = new Map<string, string[]>();
  for (const { manager, field } of error.conflicts) fields.set(manager, [...(fields.get(manager) ?? []), field]);
  const owners = [...fields].map(([manager, owned]) => `"${manager}" owns ${owned.join(", ")}`).join("; ");
  const name = `${textAt(object, "kind") ?? ""} ${textAt(object, "metadata", "name") ?? ""}`;
  const hint = 'set the annotation "pulumi.com/patchForce": "true" to take the fields over';
  return new ApiError(`Server-Side Apply field conflict in ${name}: ${owners}; ${hint}`, error.status, error.body);
}

/** Leaves ignored fields that someone else owns to their owner; paths into lists stay as the engine gives them. */
export function withoutIgnored(
  object: ValueObject,
  ignored: readonly string[],
  live: ValueObject,
  manager: string,
): ValueObject {
  return ignored.reduce((result, text) => {
    if (!/^[\w.$-]+$/.test(text)) return result;
    const path = text.split(".");
    return isOwnedByOthers(live, path, manager) ? withValue(result, path, undefined) : result;
  }, object);
}

function isOwnedByOthers(live: ValueObject, path: readonly string[], manager: string): boolean {
  return listAt(live, "metadata", "managedFields").some((entry) => {
    const owner = textAt(entry, "manager");
    if (owner === manager || isCreators(entry)) return false;
    return at(objectAt(entry, "fieldsV1"), ...path.map((key) => `f:${key}`)) !== undefined;
  });
}
