import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { buildTool } from "./build.js";
import type { Tool } from "./catalogue.js";
import { downloadTool } from "./download.js";
import { cacheRoot, exclusively } from "./lock.js";

const execute = promisify(execFile);

export interface FoundTool {
  readonly name: string;
  readonly file: string;
  readonly from: "path" | "cache" | "release" | "build";
}

/** One line for people. */
export type Progress = (line: string) => void;

const underWay = new Map<string, Promise<FoundTool | undefined>>();

/** Where tools are kept between starts: one folder for each version. */
export function cacheFolder(tool: Owner): string {
  return path.join(cacheRoot(), "tools", tool.name, tool.version);
}

/**
 * The program, from PATH, the cache, its official release or a build, in this order; tells in one line where it came
 * from and how long it took. Throws a one-line error that says what to install.
 */
export async function ensureTool(tool: Tool, progress: Progress, signal?: AbortSignal): Promise<FoundTool> {
  const found = await findTool(tool, progress, signal);
  if (found !== undefined) return found;
  throw new Error(`${tool.name} ${tool.version}: put it on PATH, or let this machine reach its download`);
}

/** As `ensureTool`, but undefined where a program that can't be built can't be had either. */
export function findTool(tool: Tool, progress: Progress, signal?: AbortSignal): Promise<FoundTool | undefined> {
  const key = `${tool.name}@${tool.version}`;
  const running = underWay.get(key);
  if (running !== undefined) return running;
  const started = performance.now();
  const found = find(tool, progress, signal).then((location) => {
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    if (location !== undefined) progress(`${tool.name} ${tool.version}: ${location.from} (${seconds}s)`);
    return location;
  });
  underWay.set(key, found);
  void found.catch(() => underWay.delete(key));
  return found;
}

async function find(tool: Tool, progress: Progress, signal?: AbortSignal): Promise<FoundTool | undefined> {
  const existing = (await fromPath(tool)) ?? (await fromCache(tool));
  if (existing !== undefined) return existing;
  const waiting = (): void => progress(`${tool.name} ${tool.version}: another process is making it, waiting …`);
  return exclusively(`tool-${tool.partOf?.name ?? tool.name}`, waiting, async () => {
    const made = await fromCache(tool);
    return made ?? (await fromRelease(tool, signal)) ?? (await fromBuild(tool, progress, signal));
  });
}

async function fromCache(tool: Tool): Promise<FoundTool | undefined> {
  for (const owner of tool.partOf === undefined ? [tool] : [tool, tool.partOf]) {
    const file = path.join(cacheFolder(owner), owner.name);
    if (await runnable(file)) return { name: tool.name, file, from: "cache" };
  }
  return undefined;
}

async function fromRelease(tool: Tool, signal?: AbortSignal): Promise<FoundTool | undefined> {
  const file = await intoCache(tool, (scratch) => downloadTool(tool, scratch, signal));
  return file === undefined ? undefined : { name: tool.name, file, from: "release" };
}

async function fromBuild(tool: Tool, progress: Progress, signal?: AbortSignal): Promise<FoundTool | undefined> {
  const { build } = tool;
  if (build === undefined) return undefined;
  const owner = tool.partOf ?? tool;
  progress(`${owner.name} ${owner.version}: building …`);
  const file = await intoCache(owner, (scratch) =>
    buildTool({ ...tool, ...owner, build }, scratch, signal).then(() => true),
  );
  return file === undefined ? undefined : { name: tool.name, file, from: "build" };
}

type Owner = Pick<Tool, "name" | "version">;

/** Lets `make` write the program beside its place and moves it there when it is whole. */
async function intoCache(owner: Owner, make: (file: string) => Promise<boolean>): Promise<string | undefined> {
  const folder = cacheFolder(owner);
  const file = path.join(folder, owner.name);
  await mkdir(path.dirname(folder), { recursive: true });
  const scratch = await mkdtemp(`${folder}.new-`);
  try {
    if (!(await make(path.join(scratch, owner.name)))) return undefined;
    await publish(scratch, folder, file);
    return file;
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

async function fromPath({ name, onPath }: Tool): Promise<FoundTool | undefined> {
  if (onPath === undefined) return undefined;
  for (const folder of (process.env["PATH"] ?? "").split(path.delimiter)) {
    const file = path.join(folder, name);
    if (folder === "" || !(await runnable(file))) continue;
    const printed = await execute(file, [...onPath.args], { timeout: 10_000 }).catch(() => ({
      stdout: "",
      stderr: "",
    }));
    if (onPath.fits.test(printed.stdout) || onPath.fits.test(printed.stderr)) return { name, file, from: "path" };
  }
  return undefined;
}

async function runnable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
