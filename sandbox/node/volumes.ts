// Stand-in for a kubelet: a pod's volumes as folders on this machine.
import { chmod, chown, mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type {
  V1DownwardAPIVolumeFile,
  V1KeyToPath,
  V1Pod,
  V1Volume,
  V1VolumeProjection,
} from "@kubernetes/client-node";
import { fieldOf } from "./environment.js";
import type { ConfigurationSource } from "./environment.js";
import type { UserIds } from "../machine/user-ids.js";

export interface VolumeSource extends ConfigurationSource {
  /** A bound token of the pod's service account. */
  token(pod: V1Pod, audience: string | undefined, expirationSeconds: number): Promise<string>;
}

interface VolumeFile {
  readonly data: Buffer;
  readonly mode: number;
}
type Content = Readonly<Record<string, VolumeFile>>;

const usualMode = 0o644;

/** Writes all volumes below `folder`; a name's folder is its content. */
export async function writeVolumes(
  pod: V1Pod,
  folder: string,
  podIp: string,
  source: VolumeSource,
  ids: UserIds,
): Promise<void> {
  const group = ids === "all" ? pod.spec?.securityContext?.fsGroup : undefined;
  for (const volume of pod.spec?.volumes ?? []) {
    const target = path.join(folder, volume.name);
    const isNew = (await mkdir(target, { recursive: true })) !== undefined;
    const content = await contentOf(pod, volume, podIp, source);
    if (isNew) await own(target, 0o777, group);
    if (content !== undefined) await replaceContent(target, content, group);
  }
}

/** To the pod's group, where it has one, with what a kubelet adds to the mode then. */
async function own(file: string, mode: number, group: number | undefined): Promise<void> {
  if (group === undefined) return chmod(file, mode);
  await chown(file, 0, group);
  await chmod(file, mode | ((mode & 0o111) === 0 ? 0o440 : 0o2770));
}

/** Each file in one step: a reader sees the old content or the new, never half. */
async function replaceContent(target: string, content: Content, group: number | undefined): Promise<void> {
  for (const [name, { data, mode }] of Object.entries(content)) {
    const file = path.join(target, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(`${file}.new`, data);
    await own(`${file}.new`, mode, group);
    await rename(`${file}.new`, file);
  }
}

export async function removeVolumes(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true }).catch(() => undefined);
}

/** undefined: an empty folder that belongs to the pod. */
async function contentOf(
  pod: V1Pod,
  { name, configMap, secret, downwardAPI, projected }: V1Volume,
  podIp: string,
  source: VolumeSource,
): Promise<Content | undefined> {
  const part = (volume: string, each: Part, mode: number): Promise<Content> =>
    partOf(pod, volume, each, mode, podIp, source);
  if (configMap !== undefined) return part(name, { configMap }, configMap.defaultMode ?? usualMode);
  if (secret !== undefined) {
    const { secretName, items, optional, defaultMode = usualMode } = secret;
    return part(name, { secret: { name: secretName, items, optional } }, defaultMode);
  }
  if (downwardAPI !== undefined) return part(name, { downwardAPI }, downwardAPI.defaultMode ?? usualMode);
  if (projected === undefined) return undefined;
  const mode = projected.defaultMode ?? usualMode;
  const parts = await Promise.all((projected.sources ?? []).map((each) => part(name, each, mode)));
  return Object.assign({}, ...parts) as Content;
}

interface Reference {
  readonly name?: string | undefined;
  readonly items?: readonly V1KeyToPath[] | undefined;
  readonly optional?: boolean | undefined;
}

/** What a volume can be made of: the same parts as a projected one. */
interface Part {
  readonly configMap?: Reference;
  readonly secret?: Reference;
  readonly downwardAPI?: { readonly items?: readonly V1DownwardAPIVolumeFile[] };
  readonly serviceAccountToken?: NonNullable<V1VolumeProjection["serviceAccountToken"]>;
}

async function partOf(
  pod: V1Pod,
  volume: string,
  { configMap, secret, downwardAPI, serviceAccountToken }: Part,
  mode: number,
  podIp: string,
  source: VolumeSource,
): Promise<Content> {
  const namespace = pod.metadata?.namespace ?? "default";
  if (configMap !== undefined) {
    const found = await source.configMap(namespace, configMap.name ?? "");
    if (found === undefined && configMap.optional !== true) throw missing(volume, "configmap", configMap.name);
    const text = Object.entries(found?.data ?? {}).map(([key, value]) => [key, Buffer.from(value)] as const);
    return chosen(volume, new Map([...text, ...decoded(found?.binaryData)]), configMap, mode);
  }
  if (secret !== undefined) {
    const found = await source.secret(namespace, secret.name ?? "");
    if (found === undefined && secret.optional !== true) throw missing(volume, "secret", secret.name);
    return chosen(volume, new Map(decoded(found?.data)), secret, mode);
  }
  if (serviceAccountToken !== undefined) {
    const { path: file, audience, expirationSeconds } = serviceAccountToken;
    const token = await source.token(pod, audience, expirationSeconds ?? 3600);
    return {
      [file]: { data: Buffer.from(token), mode: pod.spec?.securityContext?.fsGroup === undefined ? mode : 0o600 },
    };
  }
  return downwardContent(pod, downwardAPI?.items ?? [], podIp, mode);
}

function decoded(data: Readonly<Record<string, string>> = {}): readonly (readonly [string, Buffer])[] {
  return Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64")]);
}

function missing(volume: string, kind: string, name = ""): Error {
  return new Error(`MountVolume.SetUp failed for volume "${volume}" : ${kind} "${name}" not found`);
}

/** All keys; or those that are asked for, under their paths. @throws Error for one that isn't there */
function chosen(
  volume: string,
  all: ReadonlyMap<string, Buffer>,
  { items, optional }: Reference,
  mode: number,
): Content {
  if (items === undefined) return Object.fromEntries([...all].map(([key, data]) => [key, { data, mode }]));
  const absent = items.find(({ key }) => !all.has(key));
  if (absent !== undefined && optional !== true)
    throw new Error(
      `MountVolume.SetUp failed for volume "${volume}" : references non-existent config key: ${absent.key}`,
    );
  return Object.fromEntries(
    items.flatMap(({ key, path: file, mode: own = mode }) => {
      const data = all.get(key);
      return data === undefined ? [] : [[file, { data, mode: own }]];
    }),
  );
}

function downwardContent(pod: V1Pod, items: readonly V1DownwardAPIVolumeFile[], podIp: string, mode: number): Content {
  const text = (fieldPath: string): string => {
    if (fieldPath === "metadata.labels") return lines(pod.metadata?.labels);
    if (fieldPath === "metadata.annotations") return lines(pod.metadata?.annotations);
    return fieldOf(pod, fieldPath, podIp);
  };
  return Object.fromEntries(
    items.map((item) => {
      const data = Buffer.from(text(item.fieldRef?.fieldPath ?? ""));
      return [item.path, { data, mode: item.mode ?? mode }];
    }),
  );
}

function lines(map: Readonly<Record<string, string>> = {}): string {
  return Object.entries(map)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join("\n");
}
