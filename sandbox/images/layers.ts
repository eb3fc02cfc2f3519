/** Unpacks the layers of an image, as an OCI layout on disk has them, into one file system. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { z } from "zod";
import { withoutLinks } from "./root.js";

const execute = promisify(execFile);
const mostOutput = 256 * 1024 * 1024;
const opaque = ".wh..wh..opq";
const whiteout = ".wh.";

const descriptor = z.object({ digest: z.string().regex(/^sha256:[0-9a-f]{64}$/) });
const index = z.object({ manifests: z.array(descriptor).min(1) });
const manifest = z.object({ config: descriptor, layers: z.array(descriptor) });

/**
 * Writes all layers of the layout's only image into `folder`, each one's deletions applied to those below it, and
 * returns the image's configuration. With owners, where this user may give files away. @throws Error in one line
 */
export async function unpackLayout(layout: string, folder: string, owners: boolean): Promise<string> {
  const blob = (digest: string): string => path.join(layout, "blobs", digest.replace(":", "/"));
  const [first] = index.parse(JSON.parse(readFileSync(path.join(layout, "index.json"), "utf8"))).manifests;
  const text = await verified(blob(first?.digest ?? ""), first?.digest ?? "");
  const { config, layers } = manifest.parse(JSON.parse(text));
  await mkdir(folder, { recursive: true });
  for (const { digest } of layers) await unpackLayer(blob(digest), digest, folder, owners);
  if (!owners) await execute("chmod", ["-R", "u+rwX", folder]);
  return verified(blob(config.digest), config.digest);
}

async function verified(file: string, digest: string): Promise<string> {
  await verify(file, digest);
  return readFileSync(file, "utf8");
}

async function verify(file: string, digest: string): Promise<void> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  if (`sha256:${hash.digest("hex")}` !== digest) throw new Error(`the content of ${digest} does not fit its digest`);
}

async function unpackLayer(file: string, digest: string, folder: string, owners: boolean): Promise<void> {
  await verify(file, digest);
  const { stdout } = await execute("tar", ["-t", "-f", file], { maxBuffer: mostOutput });
  const names = stdout
    .split("\n")
    .map((name) => name.replace(/^\.?\//, "").replace(/\/$/, ""))
    .filter(Boolean);
  requireOwnFolders(names, folder);
  for (const name of names) await applyWhiteout(name, folder);
  const flags = owners
    ? ["--numeric-owner", "--same-owner", "--xattrs", "--xattrs-include=security.capability"]
    : ["--no-same-owner"];
  // Devices are the runtime's business, and can't be made without root.
  const left = ["dev/*", "./dev/*", `${whiteout}*`, `*/${whiteout}*`].map((pattern) => `--exclude=${pattern}`);
  await execute("tar", ["-x", "-p", "-f", file, "-C", folder, ...flags, ...left], { maxBuffer: mostOutput });
}

/** A layer that would write through a link of a lower one could write anywhere. */
function requireOwnFolders(names: readonly string[], folder: string): void {
  const own = new Set(names);
  for (const parent of new Set(names.map((name) => path.posix.dirname(name)))) {
    if (parent === "." || own.has(parent) || withoutLinks(folder, `/${parent}`) === `/${parent}`) continue;
    throw new Error(`a layer writes to /${parent}, which is a link`);
  }
}

/** Deletes what a layer says is gone: one file, or all that a folder held. */
async function applyWhiteout(name: string, folder: string): Promise<void> {
  const base = path.posix.basename(name);
  if (!base.startsWith(whiteout)) return;
  const parent = path.join(folder, withoutLinks(folder, `/${path.posix.dirname(name)}`));
  const gone = base === opaque ? await readdir(parent).catch(() => []) : [base.slice(whiteout.length)];
  for (const each of gone) await rm(path.join(parent, path.basename(each)), { recursive: true, force: true });
}
