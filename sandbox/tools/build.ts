import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import type { GoBuild, Tool } from "./catalogue.js";
import { cacheRoot } from "./lock.js";

const execute = promisify(execFile);
const minimumGo = "1.26";

export type BuildableTool = Tool & { readonly build: GoBuild };

/**
 * Builds the program from its Go modules, with a module file of our own. The resolved module file is kept, so that a
 * further version of the same program (another podinfo tag) links without any network.
 */
export async function buildTool(tool: BuildableTool, file: string, signal?: AbortSignal): Promise<void> {
  const module = moduleFile(tool.build);
  const main = tool.build.main ?? wanted(tool.build);
  const hash = createHash("sha256").update(module).update(main).digest("hex").slice(0, 12);
  const folder = path.join(cacheRoot(), "modules", `${path.posix.basename(tool.build.package)}-${hash}`);
  if (!existsSync(path.join(folder, "go.sum"))) {
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, "go.mod"), module);
    await writeFile(path.join(folder, "main.go"), main);
    await go(tool, folder, ["mod", "tidy"], signal);
  }
  await go(tool, folder, ["build", ...flags(tool.build), "-o", file, tool.build.package], signal);
}

function moduleFile({ requires, replaces = [] }: GoBuild): string {
  const lines = [
    "module sandbox/tool",
    `go ${minimumGo}`,
    ...requires.map((each) => `require ${each}`),
    ...replaces.map((each) => `replace ${each}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** Names the wanted package, so that `go mod tidy` keeps what it needs. */
function wanted(build: GoBuild): string {
  return `//go:build tools\n\npackage tools\n\nimport _ "${build.package}"\n`;
}

function flags({ tags = [], linkVariables = [] }: GoBuild): readonly string[] {
  const link = ["-s", "-w", ...linkVariables.map((each) => `-X ${each}`)].join(" ");
  return [...(tags.length === 0 ? [] : ["-tags", tags.join(",")]), "-ldflags", link];
}

async function go(tool: Tool, cwd: string, args: readonly string[], signal?: AbortSignal): Promise<void> {
  const options = { cwd, maxBuffer: 64 * 1024 * 1024, ...(signal === undefined ? {} : { signal }) };
  await execute("go", [...args], {
    ...options,
    env: { ...process.env, GOFLAGS: `${process.env["GOFLAGS"] ?? ""} -buildvcs=false`.trim(), CGO_ENABLED: "0" },
  }).catch((error: unknown) => {
    throw new Error(`${tool.name} ${tool.version}: ${reasonOf(error)}`);
  });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("code" in error && error.code === "ENOENT")
    return `\`go\` is missing: install Go ${minimumGo} or newer (go.dev/dl)`;
  const stderr = "stderr" in error && typeof error.stderr === "string" ? error.stderr : error.message;
  const last = stderr.trim().split("\n").slice(-3).join(" ");
  return `the build failed: ${last}; Go ${minimumGo} or newer and its module proxy are needed`;
}
