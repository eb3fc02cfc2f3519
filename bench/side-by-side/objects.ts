import { setTimeout as pause } from "node:timers/promises";
import { ApiException, CustomObjectsApi, KubeConfig, KubernetesObjectApi, Watch } from "@kubernetes/client-node";
import type { KubernetesObject } from "@kubernetes/client-node";

const config = new KubeConfig();
config.loadFromDefault();
const objects = KubernetesObjectApi.makeApiClient(config);
export const custom = config.makeApiClient(CustomObjectsApi);

/** An object as we write it down; the API server knows the rest. */
export type Manifest = KubernetesObject & Readonly<Record<string, unknown>>;

/** Creates the object, or brings the existing one to what the manifest says. */
export async function apply(manifest: Manifest): Promise<void> {
  if ((await read(manifest)) === undefined) await objects.create(manifest);
  else
    await objects.patch(
      manifest,
      undefined,
      undefined,
      "apisix-canary-bench",
      undefined,
      "application/merge-patch+json",
    );
}

/** The live object; undefined where there is none. */
export async function read(manifest: Manifest): Promise<unknown> {
  try {
    return await objects.read({ ...manifest, metadata: { ...manifest.metadata, name: nameOf(manifest) } });
  } catch (error) {
    if (error instanceof ApiException && error.code === 404) return undefined;
    throw error;
  }
}

const removedMs = 120_000;

/** Deletes the object and waits until it is gone, so that what goes with it disturbs nobody later. */
export async function remove(manifest: Manifest): Promise<void> {
  const deadline = performance.now() + removedMs;
  await objects.delete(manifest).catch(() => undefined);
  while ((await read(manifest)) !== undefined) {
    if (performance.now() > deadline)
      throw new Error(`${manifest.kind ?? ""} ${nameOf(manifest)}: not gone after ${removedMs / 1000}s`);
    await pause(500);
  }
}

export interface Following {
  stop(): void;
}

const betweenWatchesMs = 200;

/**
 * Calls for each object of a collection, first as it is and then at every change, until stopped. A watch costs the API
 * server nothing, but it ends when nothing happens for a while: the next one begins with what is there.
 */
export async function follow(collection: string, onObject: (object: unknown) => void): Promise<Following> {
  const state: { stopped: boolean; current: AbortController | undefined } = { stopped: false, current: undefined };
  const onEvent = (_type: string, object: unknown): void => onObject(object);
  const begin = async (): Promise<void> => {
    state.current = await new Watch(config).watch(collection, {}, onEvent, again);
  };
  const again = (): void => {
    if (!state.stopped) setTimeout(() => void begin().catch(again), betweenWatchesMs);
  };
  await begin();
  return {
    stop: () => {
      state.stopped = true;
      state.current?.abort();
    },
  };
}

function nameOf(manifest: Manifest): string {
  const name = manifest.metadata?.name;
  if (name === undefined) throw new Error(`${String(manifest.kind)}: metadata.name is missing`);
  return name;
}

/** Follows a path into untyped JSON. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

/** Text of a field, "" where there is none. */
export function textAt(value: unknown, ...path: readonly (string | number)[]): string {
  const found = at(value, ...path);
  return typeof found === "string" || typeof found === "number" ? String(found) : "";
}
