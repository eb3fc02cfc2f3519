// Part of the sandbox's stand-in of the Pulumi engine's `kubernetes` resource-provider plugin.
import { setTimeout as sleep } from "node:timers/promises";
import { apply, creator, isPatch, isTakenOver, managerOf, takeOver, withoutIgnored } from "./apply.js";
import { awaitReady, plannedWait } from "./await.js";
import { ApiError, UnreachableError } from "./client.js";
import type { Cluster, Operation } from "./contract.js";
import { NoSuchKindError, collectionPath, objectPath } from "./discovery.js";
import type { Kind } from "./discovery.js";
import { showWarnings } from "./related-events.js";
import { hasUnknown, textAt, withValue } from "./values.js";
import type { ValueObject } from "./values.js";

export function idOf(object: ValueObject): string {
  const namespace = textAt(object, "metadata", "namespace");
  const name = textAt(object, "metadata", "name") ?? "";
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** @throws NotReadyError, ApiError, UnreachableError */
export async function create(cluster: Cluster, operation: Operation): Promise<ValueObject> {
  if (operation.isPreview) return operation.inputs;
  const kind = await kindOf(cluster, operation.inputs);
  const object = inScope(kind, operation.inputs);
  const path = collectionPath(kind, textAt(object, "metadata", "namespace"));
  const wait = plannedWait(kind, operation);
  const created = isPatch(operation.urn, kind.kind)
    ? await apply(cluster.client, objectPath(kind, object), {
        object,
        manager: managerOf(operation.urn, object),
        isDryRun: false,
      })
    : await cluster.client.request("POST", path, { query: { fieldManager: creator }, body: object });
  return await awaitReady(cluster, kind, complete(created, kind), wait, operation.urn);
}

export interface Update extends Operation {
  readonly ignored: readonly string[];
}

/** @throws NotReadyError, ApiError, UnreachableError */
export async function update(cluster: Cluster, operation: Update): Promise<ValueObject> {
  const { inputs, isPreview } = operation;
  if (isPreview && hasUnknown(inputs)) return inputs;
  try {
    return await updateNow(cluster, operation);
  } catch (error) {
    if (isPreview && (error instanceof UnreachableError || error instanceof NoSuchKindError)) return inputs;
    throw error;
  }
}

async function updateNow(cluster: Cluster, operation: Update): Promise<ValueObject> {
  const { inputs, isPreview } = operation;
  const { client } = cluster;
  const kind = isPreview
    ? await cluster.discovery.find(textAt(inputs, "apiVersion") ?? "", textAt(inputs, "kind") ?? "")
    : await kindOf(cluster, inputs);
  const object = inScope(kind, inputs);
  const path = objectPath(kind, object);
  const manager = managerOf(operation.urn, inputs);
  const wait = plannedWait(kind, operation);
  const live = await client.find(path);
  if (live === undefined && isPreview) return inputs;
  if (live !== undefined && !isPatch(operation.urn, kind.kind) && !isTakenOver(live, manager)) {
    // A dry run would show conflicts with what this very resource created.
    if (isPreview) return inputs;
    await takeOver(client, path, live, manager);
  }
  const wanted = live === undefined ? object : withoutIgnored(object, operation.ignored, live, manager);
  const applied = await apply(client, path, { object: wanted, manager, isDryRun: isPreview });
  if (isPreview) return complete(applied, kind);
  return await awaitReady(cluster, kind, complete(applied, kind), wait, operation.urn);
}

/** Gives up what a `…Patch` resource manages; the object stays. */
export async function relinquish(cluster: Cluster, urn: string, object: ValueObject): Promise<void> {
  const kind = await kindIfAny(cluster, object);
  if (kind === undefined) return;
  const { apiVersion } = kind;
  const bare = { apiVersion, kind: kind.kind, metadata: { name: textAt(object, "metadata", "name") ?? "" } };
  const manager = managerOf(urn, object);
  await apply(cluster.client, objectPath(kind, inScope(kind, object)), { object: bare, manager, isDryRun: false });
}

/** Removes the object and waits until it is gone; one that is gone already is fine. */
export async function remove(
  cluster: Cluster,
  object: ValueObject,
  timeoutSeconds: number,
  urn: string,
): Promise<void> {
  const kind = await kindIfAny(cluster, object);
  if (kind === undefined) return;
  const path = objectPath(kind, inScope(kind, object));
  const policy = textAt(object, "metadata", "annotations", "pulumi.com/deletionPropagationPolicy");
  const propagation = { background: "Background", orphan: "Orphan" }[policy ?? ""] ?? "Foreground";
  const body = { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: propagation };
  const log = cluster.log.statusOf(urn);
  let live: ValueObject | undefined;
  try {
    live = await cluster.client.find(path);
    if (live === undefined) return;
    await cluster.client.request("DELETE", path, { body });
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return;
    throw error;
  }
  await showWarnings(cluster.client, live, log);
  await awaitGone(cluster, path, textAt(live, "metadata", "uid"), timeoutSeconds);
  log.clear();
}

async function awaitGone(cluster: Cluster, path: string, uid: string | undefined, seconds: number): Promise<void> {
  const limitSeconds = seconds > 0 ? seconds : 600;
  const endMs = Date.now() + limitSeconds * 1000;
  for (let waitMs = 50; ; waitMs = Math.min(waitMs * 2, 1000)) {
    const live = await cluster.client.find(path);
    if (live === undefined || textAt(live, "metadata", "uid") !== uid) return;
    if (cluster.signal.aborted) throw new Error(`cancelled while waiting for the deletion of ${path}`);
    if (Date.now() > endMs)
      throw new Error(`${path} still exists ${limitSeconds} s after its deletion: see its finalizers`);
    await sleep(waitMs);
  }
}

/** The live object, or nothing when it is gone. */
export async function read(cluster: Cluster, object: ValueObject): Promise<ValueObject | undefined> {
  const kind = await kindIfAny(cluster, object);
  if (kind === undefined) return undefined;
  const live = await cluster.client.find(objectPath(kind, inScope(kind, object)));
  return live === undefined ? undefined : complete(live, kind);
}

function kindOf(cluster: Cluster, object: ValueObject): Promise<Kind> {
  return cluster.discovery.await(textAt(object, "apiVersion") ?? "", textAt(object, "kind") ?? "");
}

async function kindIfAny(cluster: Cluster, object: ValueObject): Promise<Kind | undefined> {
  try {
    return await cluster.discovery.find(textAt(object, "apiVersion") ?? "", textAt(object, "kind") ?? "");
  } catch (error) {
    if (error instanceof NoSuchKindError) return undefined;
    throw error;
  }
}

/** The first check of a new kind may have guessed a namespace. */
function inScope(kind: Kind, object: ValueObject): ValueObject {
  return kind.isNamespaced ? object : withValue(object, ["metadata", "namespace"], undefined);
}

/** Some answers leave out what the path says. */
function complete(object: ValueObject, kind: Kind): ValueObject {
  return { ...object, apiVersion: kind.apiVersion, kind: kind.kind };
}
