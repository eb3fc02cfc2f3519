import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { constants, realpathSync } from "node:fs";
import { access, open } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { credentials } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb.js";
import { standInMark } from "../kubernetes-provider/launcher.js";
import type { OnPath, Tool } from "./catalogue.js";

const execute = promisify(execFile);
const askMs = 10_000;

/** A fitting program on PATH, or, of a plugin of the engine's, among those that the engine has installed. */
export async function fileOnPath(tool: Tool): Promise<string | undefined> {
  const { name, onPath } = tool;
  if (onPath === undefined) return undefined;
  const folders = [...(process.env["PATH"] ?? "").split(path.delimiter), ...pluginFolders(tool)];
  for (const folder of folders.filter((each) => each !== "")) {
    const file = path.join(folder, name);
    if ((await isRunnable(file)) && (await isFitting(file, onPath))) return file;
  }
  return undefined;
}

function pluginFolders({ name, version, onPath }: Tool): readonly string[] {
  if (onPath === undefined || !("pluginVersion" in onPath)) return [];
  const home = process.env["PULUMI_HOME"] ?? path.join(homedir(), ".pulumi");
  return [path.join(home, "plugins", `${name.replace(/^pulumi-/, "")}-v${version}`)];
}

async function isFitting(file: string, onPath: OnPath): Promise<boolean> {
  if ("pluginVersion" in onPath) return onPath.pluginVersion.test((await pluginVersion(file)) ?? "");
  const printed = await execute(file, [...onPath.args], { timeout: askMs }).catch(() => ({ stdout: "", stderr: "" }));
  return onPath.fits.test(printed.stdout) || onPath.fits.test(printed.stderr);
}

/**
 * The version in a plugin's name or its folder's (`resource-kubernetes-v4.34.0`), as the engine names them; else what
 * it answers when it is asked as the engine asks. Undefined for what is no plugin, and for our own stand-in.
 */
export async function pluginVersion(file: string): Promise<string | undefined> {
  if (await isStandIn(file)) return undefined;
  const real = realpathSync(file);
  const named = [path.basename(real), path.basename(path.dirname(real))].map(
    (each) => /-v(\d+\.\d+\.\d+\S*)$/.exec(each)?.[1],
  );
  return named.find((each) => each !== undefined) ?? (await askedVersion(file));
}

async function isStandIn(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(512), 0, 512, 0);
    return buffer.subarray(0, bytesRead).includes(standInMark);
  } finally {
    await handle.close();
  }
}

/** A plugin prints its port and then serves there; its argument is the engine's address, which it only needs later. */
async function askedVersion(file: string): Promise<string | undefined> {
  const child = spawn(file, ["127.0.0.1:1"], { stdio: ["pipe", "pipe", "ignore"] });
  const limit = AbortSignal.timeout(askMs);
  try {
    const lines = createInterface({ input: child.stdout });
    const [line] = (await Promise.race([once(lines, "line", { signal: limit }), once(child, "close")])) as [unknown];
    const port = typeof line === "string" ? Number(line.trim()) : NaN;
    return Number.isInteger(port) ? await versionAt(port) : undefined;
  } catch {
    return undefined;
  } finally {
    child.kill("SIGKILL");
  }
}

function versionAt(port: number): Promise<string | undefined> {
  const client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
  return new Promise((resolve) =>
    client.getPluginInfo(new Empty(), (error, info) => {
      client.close();
      resolve(error === null ? info.getVersion() : undefined);
    }),
  );
}

async function isRunnable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
