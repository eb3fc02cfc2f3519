import * as z from "zod";
import { annotations, apiGroup, releaseKind, releaseMark } from "../../model/index.js";
import type { Companion, Owner } from "../../ports/index.js";
import { ForeignError } from "../../ports/index.js";
import type { ApiServer } from "./api-server.js";
import { unlessForbidden } from "./errors.js";
import { metadata } from "./schemas.js";
import type { Metadata } from "./schemas.js";
import { companionPlaces } from "./target.js";
import type { Target } from "./target.js";

/**
 * Whose an object is. `isEarliers` is what tells that an earlier version of this package has made it, which wrote no
 * mark; a mark of another release is never outweighed by it.
 */
export function ownerOf(
  of: Pick<Target, "namespace" | "name">,
  { annotations: texts }: Metadata,
  isEarliers: boolean,
): Owner {
  const mark = texts[annotations.release];
  if (mark === releaseMark(of.namespace, of.name)) return "ours";
  return mark === undefined && isEarliers ? "earlier" : "foreign";
}

/** The annotation that says so. */
export function markOf({ namespace, name }: Target): Readonly<Record<string, string>> {
  return { [annotations.release]: releaseMark(namespace, name) };
}

/** @throws ForeignError */
export function refuseForeign(owner: Owner, object: string): void {
  if (owner === "foreign") throw new ForeignError(object);
}

/** Whether the object hangs on the CanaryRelease object of that name. */
export function isOwnedBy({ ownerReferences }: Metadata, name: string): boolean {
  return ownerReferences.some(
    (owner) => owner.kind === releaseKind && owner.apiVersion.startsWith(`${apiGroup}/`) && owner.name === name,
  );
}

/** Whether a manager of fields whose name begins so has written the object. */
export function isManagedBy({ managedFields }: Metadata, beginning: string): boolean {
  return managedFields.some(({ manager }) => manager.startsWith(beginning));
}

const companion = z.object({ metadata });

/**
 * Services and autoscalers under the release's names; those that an earlier version made were written by Pulumi. What
 * this user may not look at is left to Pulumi, whose create refuses what exists.
 */
export async function readCompanions(
  api: ApiServer,
  target: Target,
  autoscalers: boolean,
  signal: AbortSignal,
): Promise<readonly Companion[]> {
  const all = await Promise.all(
    companionPlaces(target, autoscalers).map(async ({ kind, place }): Promise<readonly Companion[]> => {
      const found = await api.find({ verb: "get", ...place }, companion, signal).catch(unlessForbidden);
      if (found === undefined) return [];
      const owner = ownerOf(target, found.metadata, isManagedBy(found.metadata, "pulumi-kubernetes"));
      return [{ kind, name: place.name, owner }];
    }),
  );
  return all.flat();
}
