import { constants } from "node:fs";
import { access, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { cpus } from "node:os";
import path from "node:path";
import { buildTogether, buildTool, countPackages, nameOfBuilt } from "./build.js";
import type { BuildableTool } from "./build.js";
import type { Tool } from "./catalogue.js";
import { downloadTool } from "./download.js";
import { cacheRoot, exclusively } from "./lock.js";
import { fileOnPath } from "./on-path.js";
import { withProgress } from "./steps.js";
import type { Progress } from "./steps.js";

interface FoundTool {
  readonly name: string;
  readonly file: string;
  readonly from: "path" | "cache" | "release" | "build";
}

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
    if (location !== undefined) progress(`${tool.name} ${tool.version}: ${location.from} (${secondsSince(started)}s)`);
    return location;
  });
  underWay.set(key, found);
  void found.catch(() => underWay.delete(key));
  return found;
}

/**
 * Has all of these at hand, and those that have to be built built together; tells what it is at while that takes long.
 * `next` is what comes afterwards.
 */
export async function prepareTools(
  all: readonly Tool[],
  next: readonly string[],
  progress: Progress,
  signal?: AbortSignal,
): Promise<void> {
  const missing = await without(all, async (tool) => (await fromPath(tool)) ?? (await fromCache(tool)));
  const toBuild = await without(missing, async (tool) => {
    const started = performance.now();
    const found = await exclusively(
      lockOf(tool),
      () => undefined,
      () => fromRelease(tool, signal),
    );
    if (found !== undefined) progress(`${tool.name} ${tool.version}: release (${secondsSince(started)}s)`);
    return found;
  });
  const groups = [...Map.groupBy(toBuild.filter(isBuildable), ({ build }) => build.modules.name).values()];
  const waiting = groups.sort((left, right) => secondsOf(right) - secondsOf(left));
  const builder = async (): Promise<void> => {
    for (let group = waiting.shift(); group !== undefined; group = waiting.shift()) {
      await buildGroup(group, () => [...waiting.map(nameOf), ...next], progress, signal);
    }
  };
  // One of them compiles while the other one fetches or links; more would only want more memory.
  await Promise.all([builder(), builder()]);
}

async function without(all: readonly Tool[], find: (tool: Tool) => Promise<unknown>): Promise<readonly Tool[]> {
  const found = await Promise.all(all.map(find));
  return all.filter((_tool, index) => found[index] === undefined);
}

function isBuildable(tool: Tool): tool is BuildableTool {
  return tool.build !== undefined;
}

function secondsOf(tools: readonly BuildableTool[]): number {
  return tools.reduce((sum, { build }) => sum + build.seconds, 0) / cpus().length;
}

function nameOf(tools: readonly BuildableTool[]): string {
  return [...new Set(tools.map((tool) => ownerOf(tool).name))].join(", ");
}

async function buildGroup(
  tools: readonly BuildableTool[],
  next: () => readonly string[],
  progress: Progress,
  signal?: AbortSignal,
): Promise<void> {
  // Of one program in several versions the first; the others are linked when they are asked for.
  const chosen = [...new Map(tools.toReversed().map((tool) => [tool.build.package, tool])).values()].toReversed();
  const name = nameOf(chosen);
  const waiting = (): void => progress(`${name}: another process is building, waiting …`);
  await exclusively(`build-${chosen[0]?.build.modules.name}`, waiting, async () => {
    const left = (await without(chosen, fromCache)).filter(isBuildable);
    if (left.length === 0) return;
    const started = performance.now();
    const expectedSeconds = secondsOf(left);
    progress(`${name}: building, about ${Math.ceil(expectedSeconds / 60)}m …`);
    let [compiled, packages] = [0, 0];
    const folder = path.join(cacheRoot(), "tools");
    await mkdir(folder, { recursive: true });
    const scratch = await mkdtemp(path.join(folder, ".build-"));
    const work = async (): Promise<void> => {
      packages = await countPackages(left, signal);
      await buildTogether(left, scratch, (count) => (compiled = count), signal);
      for (const tool of left)
        await intoCache(ownerOf(tool), (file) => moved(path.join(scratch, nameOfBuilt(tool)), file));
    };
    const done = (): number | undefined => (packages === 0 ? undefined : compiled / packages);
    await withProgress({ name, expectedSeconds }, next, progress, done, work).finally(() =>
      rm(scratch, { recursive: true, force: true }),
    );
    progress(`${name}: build (${secondsSince(started)}s)`);
  });
}

async function moved(from: string, to: string): Promise<true> {
  await rename(from, to);
  return true;
}

function ownerOf(tool: Tool): Owner {
  return tool.partOf ?? tool;
}

function lockOf(tool: Tool): string {
  return `tool-${ownerOf(tool).name}`;
}

function secondsSince(started: number): string {
  return ((performance.now() - started) / 1000).toFixed(1);
}

async function find(tool: Tool, progress: Progress, signal?: AbortSignal): Promise<FoundTool | undefined> {
  const existing = (await fromPath(tool)) ?? (await fromCache(tool));
  if (existing !== undefined) return existing;
  const waiting = (): void => progress(`${tool.name} ${tool.version}: another process is making it, waiting …`);
  return exclusively(lockOf(tool), waiting, async () => {
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

async function fromPath(tool: Tool): Promise<FoundTool | undefined> {
  const file = await fileOnPath(tool);
  return file === undefined ? undefined : { name: tool.name, file, from: "path" };
}

async function runnable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
