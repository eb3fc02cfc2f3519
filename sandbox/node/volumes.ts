// Stand-in for a kubelet: a pod's volumes as folders on this machine.
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { V1Pod, V1Volume } from "@kubernetes/client-node";
import { fieldOf, MissingReference } from "./environment.js";
import type { ConfigurationSource } from "./environment.js";

export interface VolumeSource extends ConfigurationSource {
  /** A bound token of the pod's service account. */
  token(pod: V1Pod, audience: string | undefined, expirationSeconds: number): Promise<string>;
}

type Content = Readonly<Record<string, Buffer>>;

/** Writes all volumes below `folder`; a name's folder is its content. */
export async function writeVolumes(pod: V1Pod, folder: string, podIp: string, source: VolumeSource): Promise<void> {
  for (const volume of pod.spec?.volumes ?? []) {
    const target = path.join(folder, volume.name);
    await mkdir(target, { recursive: true });
    const content = await contentOf(pod, volume, podIp, source);
    if (content !== undefined) await replaceContent(target, content);
  }
}

/** Each file in one step: a reader sees the old content or the new, never half. */
async function replaceContent(target: string, content: Content): Promise<void> {
  for (const [name, data] of Object.entries(content)) {
    const file = path.join(target, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(`${file}.new`, data, { mode: 0o644 });
    await rename(`${file}.new`, file);
  }
}

export async function removeVolumes(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true }).catch(() => undefined);
}

/** undefined: an empty folder that belongs to the pod. */
async function contentOf(
  pod: V1Pod,
  volume: V1Volume,
  podIp: string,
  source: VolumeSource,
): Promise<Content | undefined> {
  const namespace = pod.metadata?.namespace ?? "default";
  if (volume.configMap !== undefined) {
    const { name = "", items, optional } = volume.configMap;
    return configMapContent(namespace, name, items, optional, source);
  }
  if (volume.secret !== undefined) {
    const { secretName = "", items, optional } = volume.secret;
    return secretContent(namespace, secretName, items, optional, source);
  }
  if (volume.downwardAPI !== undefined) return downwardContent(pod, volume.downwardAPI.items ?? [], podIp);
  if (volume.projected !== undefined) {
    const parts: Content[] = [];
    for (const each of volume.projected.sources ?? []) {
      if (each.configMap !== undefined)
        parts.push(
          await configMapContent(
            namespace,
            each.configMap.name ?? "",
            each.configMap.items,
            each.configMap.optional,
            source,
          ),
        );
      if (each.secret !== undefined)
        parts.push(
          await secretContent(namespace, each.secret.name ?? "", each.secret.items, each.secret.optional, source),
        );
      if (each.downwardAPI !== undefined) parts.push(downwardContent(pod, each.downwardAPI.items ?? [], podIp));
      if (each.serviceAccountToken !== undefined) {
        const { path: file, audience, expirationSeconds } = each.serviceAccountToken;
        parts.push({ [file]: Buffer.from(await source.token(pod, audience, expirationSeconds ?? 3600)) });
      }
    }
    return Object.assign({}, ...parts) as Content;
  }
  return undefined;
}

type Items = readonly { readonly key: string; readonly path: string }[] | undefined;

async function configMapContent(
  namespace: string,
  name: string,
  items: Items,
  optional: boolean | undefined,
  source: ConfigurationSource,
): Promise<Content> {
  const found = await source.configMap(namespace, name);
  if (found === undefined && optional !== true) throw new MissingReference(`configmap "${name}" not found`);
  const text = Object.entries(found?.data ?? {}).map(([key, value]) => [key, Buffer.from(value)] as const);
  const binary = Object.entries(found?.binaryData ?? {}).map(
    ([key, value]) => [key, Buffer.from(value, "base64")] as const,
  );
  return chosen(Object.fromEntries([...text, ...binary]), items);
}

async function secretContent(
  namespace: string,
  name: string,
  items: Items,
  optional: boolean | undefined,
  source: ConfigurationSource,
): Promise<Content> {
  const found = await source.secret(namespace, name);
  if (found === undefined && optional !== true) throw new MissingReference(`secret "${name}" not found`);
  const entries = Object.entries(found?.data ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64")] as const);
  return chosen(Object.fromEntries(entries), items);
}

function chosen(all: Content, items: Items): Content {
  if (items === undefined) return all;
  return Object.fromEntries(items.map(({ key, path: file }) => [file, all[key] ?? Buffer.alloc(0)]));
}

type DownwardItems = readonly { readonly path: string; readonly fieldRef?: { readonly fieldPath: string } }[];

function downwardContent(pod: V1Pod, items: DownwardItems, podIp: string): Content {
  const text = (fieldPath: string): string => {
    if (fieldPath === "metadata.labels") return lines(pod.metadata?.labels);
    if (fieldPath === "metadata.annotations") return lines(pod.metadata?.annotations);
    return fieldOf(pod, fieldPath, podIp);
  };
  return Object.fromEntries(items.map((item) => [item.path, Buffer.from(text(item.fieldRef?.fieldPath ?? ""))]));
}

function lines(map: Readonly<Record<string, string>> = {}): string {
  return Object.entries(map)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join("\n");
}
