/** Pulls images from where their names lead to, if anything answers there; kept by the digest of their content. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { cacheRoot, ensureTool, exclusively, tools } from "../tools/index.js";
import type { Progress } from "../tools/index.js";
import { isRealRoot } from "../machine/user-ids.js";
import { parseReference } from "./image.js";
import type { Image } from "./image.js";
import { unpackLayout } from "./layers.js";
import { imageOf, ociConfig } from "./oci-config.js";

const execute = promisify(execFile);
const answerMs = 3_000;
const askMs = 60_000;
const pullMs = 15 * 60_000;

export type Pulled =
  | { readonly kind: "image"; readonly image: Image }
  /** Nobody answers there: something else may take its place. */
  | { readonly kind: "unreachable"; readonly registry: string };

/** One for all of a process: what did not answer once is not asked again for every image. */
const answers = new Map<string, Promise<boolean>>();

/**
 * The image from its registry; one that was pulled before is not asked for again, unless its tag says "latest".
 * @throws Error in one line where the registry refuses
 */
export async function pullImage(reference: string, progress: Progress, signal?: AbortSignal): Promise<Pulled> {
  const kept = storedImage(reference);
  if (kept !== undefined && !isMoving(reference)) return { kind: "image", image: kept };
  const registry = registryOf(reference);
  const isAnswering = answers.get(registry) ?? isReachable(registry);
  answers.set(registry, isAnswering);
  if (!(await isAnswering))
    return kept === undefined ? { kind: "unreachable", registry } : { kind: "image", image: kept };
  const waiting = (): void => progress(`${reference}: another process pulls it, waiting …`);
  const key = createHash("sha256").update(reference).digest("hex").slice(0, 16);
  return exclusively(`image-${key}`, waiting, async () => ({
    kind: "image",
    image: await pull(reference, progress, signal),
  }));
}

/** Whether the name may mean another image tomorrow. */
export function isMoving(reference: string): boolean {
  return !reference.includes("@") && parseReference(reference).tag === "latest";
}

/** Host (and port) of the registry that a reference names. */
export function registryOf(reference: string): string {
  const [first = "", ...rest] = reference.split("/");
  const isHost = rest.length > 0 && (first === "localhost" || /[.:]/.test(first));
  return isHost && first !== "docker.io" ? first : "index.docker.io";
}

/** Whether a registry answers, as its protocol has it: with or without a demand for credentials. */
async function isReachable(registry: string): Promise<boolean> {
  // A proxy of the user's: only the client that pulls knows how to use it.
  if (process.env["HTTPS_PROXY"] !== undefined || process.env["https_proxy"] !== undefined) return true;
  const scheme = /^(localhost|127\.\d+\.\d+\.\d+)(:\d+)?$/.test(registry) ? "http" : "https";
  return fetch(`${scheme}://${registry}/v2/`, { signal: AbortSignal.timeout(answerMs), redirect: "manual" }).then(
    ({ status }) => status === 200 || status === 401,
    () => false,
  );
}

async function pull(reference: string, progress: Progress, signal?: AbortSignal): Promise<Image> {
  const { file: crane } = await ensureTool(tools.crane, progress, signal);
  const platform = `linux/${process.arch === "arm64" ? "arm64" : "amd64"}`;
  const ask = (...args: readonly string[]): Promise<string> =>
    execute(crane, [...args], { timeout: askMs, maxBuffer: 16 * 1024 * 1024, ...(signal && { signal }) }).then(
      ({ stdout }) => stdout.trim(),
      (error: unknown) => {
        throw refusal(reference, error);
      },
    );
  const digest = await ask("digest", "--platform", platform, reference);
  const pinned = `${parseReference(reference).repository}@${digest}`;
  const folder = contentFolder(digest);
  if (!existsSync(folder)) {
    const started = performance.now();
    progress(`${reference}: pulling …`);
    await intoStore(folder, async (scratch) => {
      const layout = path.join(scratch, "layout");
      await execute(crane, ["pull", "--format=oci", pinned, layout], { timeout: pullMs, ...(signal && { signal }) });
      const config = await unpackLayout(layout, path.join(scratch, "rootfs"), isRealRoot());
      writeFileSync(path.join(scratch, "config.json"), config);
      await rm(layout, { recursive: true });
    }).catch((error: unknown) => {
      throw refusal(reference, error);
    });
    progress(`${reference}: pulled (${((performance.now() - started) / 1000).toFixed(1)}s)`);
  }
  remember(reference, digest);
  const image = storedImage(reference);
  if (image === undefined) throw new Error(`${reference}: what was pulled can't be read; remove ${folder}`);
  return image;
}

function refusal(reference: string, error: unknown): Error {
  const stderr = error instanceof Error && "stderr" in error && typeof error.stderr === "string" ? error.stderr : "";
  const text = stderr === "" && error instanceof Error ? error.message : stderr;
  return new Error(
    `${reference}: ${
      text
        .trim()
        .split("\n")
        .at(-1)
        ?.replace(/^Error: /, "") ?? "refused"
    }`,
  );
}

function storeFolder(): string {
  return path.join(cacheRoot(), "images");
}

function contentFolder(digest: string): string {
  return path.join(storeFolder(), "content", `${digest.replace(":", "-")}${isRealRoot() ? "" : "-without-owners"}`);
}

function referenceFile(reference: string): string {
  return path.join(storeFolder(), "references", `${encodeURIComponent(reference)}.digest`);
}

function remember(reference: string, digest: string): void {
  const file = referenceFile(reference);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, digest);
  renameSync(`${file}.new`, file);
}

/** What was pulled under this name before. */
export function storedImage(reference: string): Image | undefined {
  try {
    const digest = readFileSync(referenceFile(reference), "utf8");
    const folder = contentFolder(digest);
    const config = ociConfig.parse(JSON.parse(readFileSync(path.join(folder, "config.json"), "utf8")));
    return imageOf(config, { kind: "unpacked", folder: path.join(folder, "rootfs") }, { kind: "pulled", digest });
  } catch {
    return undefined;
  }
}

/** In one step, so that nobody sees half an image. */
async function intoStore(folder: string, make: (scratch: string) => Promise<void>): Promise<void> {
  await mkdir(path.dirname(folder), { recursive: true });
  const scratch = await mkdtemp(`${folder}.new-`);
  try {
    await make(scratch);
    await rename(scratch, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
