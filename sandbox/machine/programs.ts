import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { launcherScript } from "../kubernetes-provider/launcher.js";
import { ensureTool, findTool, podinfo, tools } from "../tools/index.js";
import type { Progress, Tool } from "../tools/index.js";
import type { StateFolder } from "./state.js";

/** Tags that the demo ships; others are linked when a pod asks for them. */
const podinfoTags = ["6.0.0", "6.0.1", "6.0.2", "6.0.3", "6.0.4"] as const;

/** Finds or makes every program and puts them under their names into the sandbox's `bin`. */
export async function installPrograms(state: StateFolder, progress: Progress, signal?: AbortSignal): Promise<void> {
  rmSync(state.bin, { recursive: true, force: true });
  mkdirSync(state.bin, { recursive: true });
  const link = (name: string, file: string): void => symlinkSync(file, path.join(state.bin, name));
  const put = async (tool: Tool, name = tool.name): Promise<void> =>
    link(name, (await ensureTool(tool, progress, signal)).file);
  for (const part of tools.controlPlane) await put(part);
  await put(tools.pulumi);
  await put(tools.languageHost);
  await put(tools.prometheus);
  await put(tools.hey);
  await put(tools.loadTester);
  await put(tools.flagger);
  for (const tag of podinfoTags) await put(podinfo(tag), `podinfo-${tag}`);
  link("node", process.execPath);
  const plugin = await findTool(tools.kubernetesProvider, progress, signal);
  if (plugin !== undefined) link(plugin.name, plugin.file);
  else installProvider(state, progress);
}

/** The engine's Kubernetes provider where the real one can't be had. */
function installProvider(state: StateFolder, progress: Progress): void {
  const file = path.join(state.bin, "pulumi-resource-kubernetes");
  writeFileSync(file, launcherScript(process.execPath, path.resolve(__dirname, "../kubernetes-provider/main.js")));
  chmodSync(file, 0o755);
  progress("pulumi-resource-kubernetes: stand-in (the real plugin can't be downloaded here)");
}
