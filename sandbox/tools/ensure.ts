import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { buildTool } from "./build.js";
import type { Tool } from "./catalogue.js";
import { downloadTool } from "./download.js";
import { cacheRoot } from "./lock.js";

const execute = promisify(execFile);

export interface FoundTool {
  readonly name: string;
  readonly file: string;
  readonly from: "path" | "cache" | "release" | "build";
}

/** One line for people. */
export type Progress = (line: string) => void;

const underWay = new Map<string, Promise<FoundTool>>();

/** Where tools are kept between starts: one folder for each version. */
export function cacheFolder(tool: Pick<Tool, "name" | "version">): string {
  return path.join(cacheRoot(), "tools", tool.name, tool.version);
}

/**
 * The program, from PATH, the cache, its official release or a build, in this order; tells in one line where it came
 * from and how long it took. Throws a one-line error that says what to install.
 */
export function ensureTool(tool: Tool, progress: Progress, signal?: AbortSignal): Promise<FoundTool> {
  const key = `${tool.name}@${tool.version}`;
  const running = underWay.get(key);
  if (running !== undefined) return running;
  const started = performance.now();
  const found = find(tool, progress, signal).then((location) => {
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    progress(`${tool.name} ${tool.version}: ${location.from} (${seconds}s)`);
    return location;
  });
  underWay.set(key, found);
  void found.catch(() => underWay.delete(key));
  return found;
}

async function find(tool: Tool, progress: Progress, signal?: AbortSignal): Promise<FoundTool> {
  const onPath = await fromPath(tool);
  if (onPath !== undefined) return { name: tool.name, file: onPath, from: "path" };
  const folder = cacheFolder(tool);
  const file = path.join(folder, tool.name);
  if (await runnable(file)) return { name: tool.name, file, from: "cache" };
  await mkdir(path.dirname(folder), { recursive: true });
  const scratch = await mkdtemp(`${folder}.new-`);
  try {
    const downloaded = await downloadTool(tool, path.join(scratch, tool.name), signal);
    if (!downloaded) {
      progress(`${tool.name} ${tool.version}: building …`);
      await buildTool(tool, path.join(scratch, tool.name), signal);
    }
    await publish(scratch, folder, file);
    return { name: tool.name, file, from: downloaded ? "release" : "build" };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** One atomic step, so that two starts at once can't see half a tool; the first to be ready wins. */
async function publish(scratch: string, folder: string, file: string): Promise<void> {
  await rename(scratch, folder).catch(async (error: unknown) => {
    if (!(await runnable(file))) throw error;
  });
}

async function fromPath({ name, onPath }: Tool): Promise<string | undefined> {
  if (onPath === undefined) return undefined;
  for (const folder of (process.env["PATH"] ?? "").split(path.delimiter)) {
    const file = path.join(folder, name);
    if (folder === "" || !(await runnable(file))) continue;
    const printed = await execute(file, [...onPath.args], { timeout: 10_000 }).catch(() => ({
      stdout: "",
      stderr: "",
    }));
    if (onPath.fits.test(printed.stdout) || onPath.fits.test(printed.stderr)) return file;
  }
  return undefined;
}

async function runnable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
