import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import type { GoBuild, Tool } from "./catalogue.js";

const execute = promisify(execFile);
const minimumGo = "1.26";

/** Builds the program from its Go modules, with a module file of our own; `go` keeps what it compiled for next time. */
export async function buildTool(tool: Tool, file: string, signal?: AbortSignal): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), `canary-build-${tool.name}-`));
  try {
    await writeFile(path.join(folder, "go.mod"), moduleFile(tool.build));
    await writeFile(path.join(folder, "main.go"), tool.build.main ?? wanted(tool.build));
    await go(tool, folder, ["mod", "tidy"], signal);
    await go(tool, folder, ["build", ...flags(tool.build), "-o", file, tool.build.package], signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
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
    env: { ...process.env, GOFLAGS: "-buildvcs=false", CGO_ENABLED: "0" },
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
