import { CustomObjectsApi, KubeConfig, KubernetesObjectApi } from "@kubernetes/client-node";
import type { KubernetesObject } from "@kubernetes/client-node";

const config = new KubeConfig();
config.loadFromDefault();
const objects = KubernetesObjectApi.makeApiClient(config);
export const custom = config.makeApiClient(CustomObjectsApi);

/** An object as we write it down; the API server knows the rest. */
export type Manifest = KubernetesObject & Readonly<Record<string, unknown>>;

/** Creates the object, or brings the existing one to what the manifest says. */
export async function apply(manifest: Manifest): Promise<void> {
  const found = await objects
    .read({ ...manifest, metadata: { ...manifest.metadata, name: nameOf(manifest) } })
    .catch(() => undefined);
  if (found === undefined) await objects.create(manifest);
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

export async function remove(manifest: Manifest): Promise<void> {
  await objects.delete(manifest).catch(() => undefined);
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
