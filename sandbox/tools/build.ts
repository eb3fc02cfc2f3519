import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import type { GoBuild, Tool } from "./catalogue.js";
import type { GoModules } from "./go-modules.js";
import { cacheRoot, exclusively } from "./lock.js";

const execute = promisify(execFile);
const minimumGo = "1.26";
const mostOutput = 64 * 1024 * 1024;

export type BuildableTool = Tool & { readonly build: GoBuild };

/** Told of the packages compiled so far. */
export type OnPackage = (count: number) => void;

/** Builds the program from its Go modules into `file`. @throws Error in one line that says what is missing */
export async function buildTool(tool: BuildableTool, file: string, signal?: AbortSignal): Promise<void> {
  const folder = await prepare(tool.build.modules, signal);
  await goBuild([tool], ["-o", file, tool.build.package], folder, signal);
}

/**
 * Builds several programs of the same modules at once, so that no processor waits for the end of one of them; each as
 * `folder`/NAME of its main package.
 */
export async function buildTogether(
  tools: readonly BuildableTool[],
  folder: string,
  onPackage: OnPackage,
  signal?: AbortSignal,
): Promise<void> {
  const [first] = tools;
  if (first === undefined) return;
  const at = await prepare(first.build.modules, signal);
  const packages = [...new Set(tools.map(({ build }) => build.package))];
  await goBuild(tools, ["-v", "-o", `${folder}/`, ...packages], at, signal, onPackage);
}

/** Where `buildTogether` leaves it. */
export function nameOfBuilt({ build }: BuildableTool): string {
  return path.posix.basename(build.package);
}

/**
 * A folder with a module file of our own. The resolved one is kept, so that a further version of the same program
 * (another podinfo tag) links without any network. Only what the programs consist of is fetched: `go mod tidy` would
 * fetch what their tests need too, twice as much.
 */
async function prepare(modules: GoModules, signal?: AbortSignal): Promise<string> {
  const files = filesOf(modules);
  const hash = createHash("sha256");
  for (const [name, text] of files) hash.update(name).update(text);
  const folder = path.join(cacheRoot(), "modules", `${modules.name}-${hash.digest("hex").slice(0, 12)}`);
  const done = path.join(folder, "go.sum");
  if (existsSync(done)) return folder;
  const resolve = async (): Promise<void> => {
    if (existsSync(done)) return;
    const scratch = `${folder}.new`;
    await rm(scratch, { recursive: true, force: true });
    for (const [name, text] of files) {
      await mkdir(path.dirname(path.join(scratch, name)), { recursive: true });
      await writeFile(path.join(scratch, name), text);
    }
    await go(modules.name, scratch, ["list", "-deps", ...tagsOf(modules), ...packagesOf(modules)], signal);
    await rename(scratch, folder);
  };
  await exclusively(`modules-${modules.name}`, () => undefined, resolve);
  return folder;
}

function filesOf({ requires, replaces = [], programs = {} }: GoModules): readonly (readonly [string, string])[] {
  const lines = [
    "module sandbox/tool",
    `go ${minimumGo}`,
    ...requires.map((each) => `require ${each}`),
    ...replaces.map((each) => `replace ${each}`),
  ];
  const sources = Object.entries(programs).map(([name, text]) => [`${name}/main.go`, text] as const);
  return [["go.mod", `${lines.join("\n")}\n`], ...sources];
}

function packagesOf({ packages, programs = {} }: GoModules): readonly string[] {
  return [...packages, ...Object.keys(programs).map((name) => `./${name}`)];
}

function tagsOf({ tags = [] }: GoModules): readonly string[] {
  return tags.length === 0 ? [] : ["-tags", tags.join(",")];
}

/** Nobody debugs these programs: the compiler need not write down how. */
const compilerFlags = "-gcflags=all=-dwarf=false";

async function goBuild(
  tools: readonly BuildableTool[],
  args: readonly string[],
  folder: string,
  signal?: AbortSignal,
  onPackage?: OnPackage,
): Promise<void> {
  const [first] = tools;
  const tagged = first === undefined ? [] : tagsOf(first.build.modules);
  const variables = tools.flatMap(({ build }) => (build.linkVariables ?? []).map((each) => `-X ${each}`));
  const flags = [compilerFlags, "-ldflags", ["-s", "-w", ...new Set(variables)].join(" ")];
  const name = tools.map((tool) => `${tool.name} ${tool.version}`).join(", ");
  await go(name, folder, ["build", ...tagged, ...flags, ...args], signal, onPackage);
}

/** Compilers live for seconds: they need not save memory, as long as the machine has it. */
const compilerEnvironment = { GOGC: "400", CGO_ENABLED: "0" } as const;

async function go(
  name: string,
  cwd: string,
  args: readonly string[],
  signal?: AbortSignal,
  onPackage: OnPackage = () => undefined,
): Promise<void> {
  const flags = `${process.env["GOFLAGS"] ?? ""} -buildvcs=false -mod=mod`.trim();
  const child = spawn("go", [...args], {
    cwd,
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, GOFLAGS: flags, ...compilerEnvironment },
    ...(signal && { signal }),
  });
  const last: string[] = [];
  let count = 0;
  createInterface({ input: child.stderr }).on("line", (line) => {
    // With -v each package that is compiled is a line of its own.
    if (/^[\w./~-]+$/.test(line)) onPackage(++count);
    else last.push(line);
    if (last.length > 3) last.shift();
  });
  await new Promise<void>((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => reject(new Error(`${name}: ${reasonOf(error)}`)));
    child.once("close", (code) =>
      code === 0
        ? resolve()
        : reject(
            new Error(
              `${name}: the build failed: ${last.join(" ")}; Go ${minimumGo} or newer and its module proxy are needed`,
            ),
          ),
    );
  });
}

function reasonOf(error: NodeJS.ErrnoException): string {
  return error.code === "ENOENT"
    ? `\`go\` is missing: install Go ${minimumGo} or newer (go.dev/dl)`
    : `go could not be run: ${error.message}`;
}

/** Packages that the programs consist of, those of Go itself included. */
export async function countPackages(tools: readonly BuildableTool[], signal?: AbortSignal): Promise<number> {
  const [first] = tools;
  if (first === undefined) return 0;
  const folder = await prepare(first.build.modules, signal);
  const packages = [...new Set(tools.map(({ build }) => build.package))];
  const flags = `${process.env["GOFLAGS"] ?? ""} -mod=mod`.trim();
  const { stdout } = await execute("go", ["list", "-deps", ...tagsOf(first.build.modules), ...packages], {
    cwd: folder,
    maxBuffer: mostOutput,
    env: { ...process.env, GOFLAGS: flags, CGO_ENABLED: "0" },
    ...(signal && { signal }),
  });
  return stdout.trim().split("\n").length;
}
