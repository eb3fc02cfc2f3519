import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { installHey, prepareImages } from "../images/index.js";
import { launcherScript } from "../kubernetes-provider/launcher.js";
import { ensureTool, findTool, tools } from "../tools/index.js";
import type { Progress, Tool } from "../tools/index.js";
import type { StateFolder } from "./state.js";

/** What people need of a cluster: kubectl, and the engine with its provider. */
const clientTools: readonly Tool[] = [
  ...tools.controlPlane.filter(({ name }) => name === "kubectl"),
  tools.pulumi,
  tools.languageHost,
];

export interface ProgramOptions {
  /** Gives programs for image names. */
  readonly images: string | undefined;
  /** Also the real Flagger, which only the benchmark needs. */
  readonly flagger: boolean;
}

/** Finds or makes every program, puts those that people use into the sandbox's `bin`, and tells which images are real. */
export async function installPrograms(
  state: StateFolder,
  options: ProgramOptions,
  progress: Progress,
  signal?: AbortSignal,
): Promise<void> {
  emptyFolder(state.bin);
  const images = await prepareImages(options, [...tools.controlPlane, ...clientTools], progress, signal);
  for (const tool of tools.controlPlane) link(state.bin, tool.name, (await ensureTool(tool, progress, signal)).file);
  await installClients(state.bin, progress, signal);
  await installHey(state.bin, images, progress, signal);
}

/** Those of somebody who works on a cluster from outside: `bin` is a folder of its own for them. */
export async function installClients(bin: string, progress: Progress, signal?: AbortSignal): Promise<void> {
  for (const tool of clientTools) link(bin, tool.name, (await ensureTool(tool, progress, signal)).file);
  link(bin, "node", process.execPath);
  const plugin = await findTool(tools.kubernetesProvider, progress, signal);
  if (plugin !== undefined) link(bin, plugin.name, plugin.file);
  else installProvider(bin, progress);
}

function emptyFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}

function link(bin: string, name: string, file: string): void {
  rmSync(path.join(bin, name), { force: true });
  symlinkSync(file, path.join(bin, name));
}

/** The engine's Kubernetes provider where the real one can't be had. */
function installProvider(bin: string, progress: Progress): void {
  const file = path.join(bin, "pulumi-resource-kubernetes");
  writeFileSync(file, launcherScript(process.execPath, path.resolve(__dirname, "../kubernetes-provider/main.js")));
  chmodSync(file, 0o755);
  progress("pulumi-resource-kubernetes: stand-in (the real plugin can't be downloaded here)");
}
