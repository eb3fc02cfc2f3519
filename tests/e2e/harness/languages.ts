import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { cacheRoot, ensureTool, exclusively, languageTools, pythonModule } from "../../../sandbox/tools/index.js";
import type { Progress } from "../../../sandbox/tools/index.js";

const execute = promisify(execFile);
const root = path.resolve(__dirname, "../../../..");
const packageFile = z.looseObject({ version: z.string() });

/** Why something can't be had on this machine. */
interface Missing {
  readonly missing: string;
}

/** What programs in other languages need, made outside of the sandbox: from inside no registry can be reached. */
interface Languages {
  /** Language hosts and this package's plugin, as they would be on a user's PATH. */
  readonly bin: string | Missing;
  /** Environment of a Python program. */
  readonly python: { readonly bin: string; readonly packages: string } | Missing;
  remove(): Promise<void>;
}

/** Names under which a test inside the sandbox finds it. */
const variables = { bin: "TEST_LANGUAGES_BIN", python: "TEST_LANGUAGES_PYTHON", missing: "TEST_LANGUAGES_MISSING" };

/** Finds or makes all of it; where something can't be had, the tests of that language say so and are skipped. */
export async function prepareLanguages(progress: Progress): Promise<Languages> {
  const folder = await mkdtemp(path.join(tmpdir(), "canary-languages-"));
  const bin = await prepareHosts(path.join(folder, "bin"), progress).catch(missing);
  const python = typeof bin === "string" ? await preparePython(folder, bin, progress).catch(missing) : bin;
  return { bin, python, remove: () => rm(folder, { recursive: true, force: true }) };
}

function missing(error: unknown): Missing {
  return { missing: error instanceof Error ? (error.message.trim().split("\n").at(-1) ?? "") : String(error) };
}

async function prepareHosts(bin: string, progress: Progress): Promise<string> {
  await mkdir(bin);
  await symlink(path.join(root, "dist/provider/main.js"), path.join(bin, "pulumi-resource-apisix-canary"));
  const { yaml } = languageTools;
  await symlink((await ensureTool(yaml, progress)).file, path.join(bin, yaml.name));
  return bin;
}

export function environmentOf({ bin, python }: Languages): Readonly<Record<string, string>> {
  return {
    ...(typeof bin === "string" ? { [variables.bin]: bin } : { [variables.missing]: bin.missing }),
    ...("missing" in python
      ? { [variables.missing]: python.missing }
      : { [variables.python]: python.bin, PYTHONPATH: python.packages }),
  };
}

/** PATH with what a program in this language needs before everything else; undefined where it can't run, and why. */
export function pathFor(language: "yaml" | "python"): { readonly path: string } | Missing {
  const { [variables.bin]: bin, [variables.python]: python, [variables.missing]: reason } = process.env;
  if (bin === undefined) return { missing: reason ?? "end-to-end tests are run by npm run test:e2e" };
  if (language === "python" && python === undefined) return { missing: reason ?? "no Python" };
  const folders = [bin, ...(language === "python" && python !== undefined ? [python] : []), process.env["PATH"] ?? ""];
  return { path: folders.join(path.delimiter) };
}

/** An environment with Pulumi's packages, kept; and the generated package, installed for this run alone. */
async function preparePython(
  folder: string,
  bin: string,
  progress: Progress,
): Promise<{ readonly bin: string; readonly packages: string }> {
  const sdk = path.join(folder, "sdk");
  const packages = path.join(folder, "packages");
  const generator = (await ensureTool(languageTools.sdkGenerator, progress)).file;
  await execute(generator, ["python", path.join(root, "dist/provider/schema.json"), sdk]);
  // The host looks for its executor beside itself, wherever a link points.
  const host = (await ensureTool(languageTools.python, progress)).file;
  await copyFile(host, path.join(bin, languageTools.python.name));
  const { path: module, version } = pythonModule;
  const { stdout } = await execute("go", ["mod", "download", "-json", `${module}@${version}`]);
  const { Dir } = z.looseObject({ Dir: z.string() }).parse(JSON.parse(stdout));
  const executor = "pulumi-language-python-exec";
  await copyFile(path.join(Dir, "python/cmd", executor), path.join(bin, executor));
  await execute("chmod", ["+x", path.join(bin, executor)]);
  const wanted = ["@pulumi/pulumi", "@pulumi/kubernetes"].map((name) => `${pythonName(name)}==${installed(name)}`);
  const environment = path.join(cacheRoot(), "python", wanted.join("-"));
  const pip = path.join(environment, "bin/pip");
  await exclusively(
    "python",
    () => progress("python: another process is making it, waiting …"),
    () => makeEnvironment(environment, wanted, progress),
  );
  const options = ["--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"];
  await execute(pip, ["install", ...options, "--target", packages, sdk]);
  return { bin: path.dirname(pip), packages };
}

async function makeEnvironment(folder: string, wanted: readonly string[], progress: Progress): Promise<void> {
  const done = path.join(folder, "complete");
  if (existsSync(done)) return;
  progress("python: installing Pulumi's packages …");
  await rm(folder, { recursive: true, force: true });
  await mkdir(path.dirname(folder), { recursive: true });
  await execute("python3", ["-m", "venv", folder]);
  await execute(path.join(folder, "bin/pip"), ["install", "--quiet", "setuptools", "wheel", ...wanted]);
  await writeFile(done, "");
}

function pythonName(name: string): string {
  return name === "@pulumi/pulumi" ? "pulumi" : name.replace("@", "").replace("/", "-");
}

function installed(name: string): string {
  const file = path.join(root, "node_modules", name, "package.json");
  return packageFile.parse(JSON.parse(readFileSync(file, "utf8"))).version;
}
