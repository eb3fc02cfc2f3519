import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import type { Release, Tool } from "./catalogue.js";

const execute = promisify(execFile);
const connectMs = 3_000;
const downloadMs = 10 * 60_000;

/** Hosts that refused once in this run: asking again for the next tool would only cost time. */
const unreachable = new Set<string>();

/**
 * Fetches the official release and verifies its checksum; false where there is none for this machine or its host
 * can't be reached. A checksum that does not fit is an error: nobody should go on with such a file.
 */
export async function downloadTool(tool: Tool, file: string, signal?: AbortSignal): Promise<boolean> {
  const { release } = tool;
  if (release === undefined || process.platform !== "linux" || !["x64", "arm64"].includes(process.arch)) return false;
  if (unreachable.has(new URL(release.url).host)) return false;
  const sums = await textOf(release.checksum.url, signal);
  if (sums === undefined) return false;
  const archive = await archiveOf(release.url, signal);
  if (archive === undefined) return false;
  verify(tool, release, sums, archive);
  // An archive that is not built as expected is as good as none.
  return unpack(release, archive, file).then(
    () => true,
    () => false,
  );
}

/** The one fetched last is kept for a moment: two programs may be in it. */
let lastArchive: { readonly url: string; readonly bytes: Promise<Buffer | undefined> } | undefined;

function archiveOf(url: string, signal?: AbortSignal): Promise<Buffer | undefined> {
  if (lastArchive?.url !== url) lastArchive = { url, bytes: bytesOf(url, signal) };
  return lastArchive.bytes;
}

function verify(tool: Tool, release: Release, sums: string, archive: Buffer): void {
  const name = path.posix.basename(new URL(release.url).pathname);
  const wanted = checksumOf(name, sums);
  const actual = createHash(release.checksum.algorithm).update(archive).digest("hex");
  if (wanted !== actual)
    throw new Error(`${tool.name} ${tool.version}: the download's checksum does not fit; try again later`);
}

/** Lines of "checksum name"; or, of a single file, the checksum alone. */
export function checksumOf(name: string, sums: string): string | undefined {
  const lines = sums.trim().split("\n");
  const only = lines[0]?.trim();
  if (lines.length === 1 && only !== undefined && /^[0-9a-f]+$/.test(only)) return only;
  const words = lines.map((line) => line.trim().split(/\s+/));
  return words.find(([, listed]) => listed?.replace(/^\*/, "") === name)?.[0];
}

async function unpack(release: Release, archive: Buffer, file: string): Promise<void> {
  if (release.member === undefined) {
    await writeFile(file, archive, { mode: 0o755 });
    return;
  }
  const folder = await mkdtemp(path.join(tmpdir(), "canary-download-"));
  try {
    await writeFile(path.join(folder, "archive"), archive);
    await execute("tar", ["-xzf", "archive", release.member], { cwd: folder });
    await rename(path.join(folder, release.member), file).catch(() =>
      execute("cp", [path.join(folder, release.member ?? ""), file]),
    );
    await chmod(file, 0o755);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function textOf(url: string, signal?: AbortSignal): Promise<string | undefined> {
  return (await bytesOf(url, signal, connectMs))?.toString("utf8");
}

async function bytesOf(url: string, signal?: AbortSignal, timeoutMs = downloadMs): Promise<Buffer | undefined> {
  const limits = [AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])];
  try {
    const response = await fetch(url, { signal: AbortSignal.any(limits) });
    return response.ok ? Buffer.from(await response.arrayBuffer()) : undefined;
  } catch {
    signal?.throwIfAborted();
    unreachable.add(new URL(url).host);
    return undefined;
  }
}
