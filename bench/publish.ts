import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { requirementLines } from "./requirement.js";
import type { Requirement } from "./requirement.js";
import { scaleMarkdownOf, scaleRequirementsOf } from "./scale/index.js";
import type { Scale } from "./scale/index.js";
import { chartOf, jsonRowOf, markdownOf, requirementsOf } from "./side-by-side/index.js";
import type { Comparison } from "./side-by-side/index.js";

export interface Publication {
  /** Where the table and the chart go; undefined: on the terminal only. */
  readonly folder: string | undefined;
  /** What made them. */
  readonly command: string;
}

/** The medians, in the shape that tools read. */
export function jsonOf(
  comparisons: readonly Comparison[],
  scale: Scale | undefined,
): Readonly<Record<string, unknown>> {
  return {
    rows: comparisons.map(jsonRowOf),
    scale: (scale?.rows ?? []).map(({ releases, p50LatenessMs, p99LatenessMs, peakMemoryMiB, cpuCores }) => ({
      releases,
      p50LatenessMs,
      p99LatenessMs,
      peakMemoryMiB,
      cpuCores,
    })),
    noop: { ratio: scale?.noop.up.ratio ?? null },
    ...(scale === undefined ? {} : { look: scale.look }),
  };
}

export function writeJson(file: string, comparisons: readonly Comparison[], scale: Scale | undefined): void {
  writeFileSync(file, `${JSON.stringify(jsonOf(comparisons, scale), undefined, 2)}\n`);
}

/** Shows the results, writes them where asked, and answers with the exit code: 1 when something required was missed. */
export function publish(comparisons: readonly Comparison[], scale: Scale | undefined, where: Publication): number {
  const requirements = [...requirementsOf(comparisons), ...(scale === undefined ? [] : scaleRequirementsOf(scale))];
  const date = new Date().toISOString().slice(0, 10);
  const name = `${date}${suffixOf(comparisons, scale)}`;
  const text = pageOf(comparisons, scale, requirements, { date, name, command: where.command });
  console.log(`\n${text}`);
  if (where.folder !== undefined) {
    mkdirSync(where.folder, { recursive: true });
    writeFileSync(path.join(where.folder, `${name}.md`), `${text}\n`);
    if (comparisons.length > 0) writeFileSync(path.join(where.folder, `${name}.svg`), chartOf(comparisons));
  }
  return requirements.every(({ met }) => met) ? 0 : 1;
}

/** A run of one part leaves the page of the other one as it is. */
function suffixOf(comparisons: readonly Comparison[], scale: Scale | undefined): string {
  if (scale === undefined) return "-side-by-side";
  return comparisons.length === 0 ? "-scale" : "";
}

function pageOf(
  comparisons: readonly Comparison[],
  scale: Scale | undefined,
  requirements: readonly Requirement[],
  { date, name, command }: { readonly date: string; readonly name: string; readonly command: string },
): string {
  const repeats = Math.max(0, ...comparisons.map(({ ours }) => ours.length));
  const sideBySide =
    comparisons.length === 0
      ? []
      : [
          `## Side by side with Flagger`,
          `${repeats} run(s) of each; medians, and smallest to largest in brackets. ${reading}`,
          markdownOf(comparisons),
          `![seconds to weight 0 and failed requests](${name}.svg)`,
        ];
  return [
    `# Benchmark, ${date}`,
    `Made by \`${command}\`.`,
    machine()
      .map((line) => `- ${line}`)
      .join("\n"),
    ...sideBySide,
    ...(scale === undefined ? [] : [scaleMarkdownOf(scale)]),
    `## Required`,
    requirementLines(requirements),
  ].join("\n\n");
}

const reading =
  "Interval 10 s, threshold 10, steps of 10 to 50, success rate at least 99%, P99 at most 500 ms. " +
  "API requests are those above a cluster at rest; CPU and memory are those of the process that decides " +
  "(the dynamic provider, Flagger's controller). `lost`: failed after weight 0 without an answer of any version.";

function machine(): readonly string[] {
  const cores = os.cpus();
  const memoryGiB = (os.totalmem() / 1024 ** 3).toFixed(0);
  return [
    `machine: ${cores[0]?.model ?? "unknown"}, ${cores.length} cores, ${memoryGiB} GiB, Linux ${os.release()}`,
    `Node ${process.versions.node}, Pulumi ${versionOf("pulumi", ["version"])}, Kubernetes ${kubernetesVersion()}, Flagger 1.36.1`,
    "gateway and Pulumi's Kubernetes provider: the sandbox's stand-ins (see the README); everything else is real",
  ];
}

function versionOf(program: string, argv: readonly string[]): string {
  return execFileSync(program, [...argv], { encoding: "utf8" }).trim();
}

function kubernetesVersion(): string {
  return /Server Version: (\S+)/.exec(versionOf("kubectl", ["version"]))?.[1] ?? "unknown";
}
