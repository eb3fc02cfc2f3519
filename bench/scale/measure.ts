import { setTimeout as pause } from "node:timers/promises";
import { requirementLines } from "../requirement.js";
import { backgroundRate, readCounters, requestsBetween } from "../counters.js";
import { watchProcess } from "../process-use.js";
import { custom, at } from "../side-by-side/objects.js";
import { BenchStack } from "../stack.js";
import type { Update } from "../stack.js";
import { fleetProgram } from "./fleet.js";
import { measureNoop } from "./noop.js";
import { longRun, measureLook } from "./one-look.js";
import { noopLine, noopRequirementsOf, percentile } from "./report.js";
import type { Scale, ScaleRow } from "./report.js";
import { startWorld } from "./world-process.js";
import type { World } from "./world-process.js";

const noopReleases = 50;
const backgroundSeconds = 15;
/** While all are in analysis. */
const windowSeconds = 20;
const deciding = /cmd\/dynamic-provider/;

/** Each number of releases in one update; then an update that changes nothing. */
export async function measureScale(counts: readonly number[], tell: (line: string) => void): Promise<Scale> {
  const rows: ScaleRow[] = [];
  const broken: string[] = [];
  for (const releases of counts) {
    try {
      const row = await measureFleet(releases);
      rows.push(row);
      tell(oneLine(row));
    } catch (error) {
      // What has been measured so far is not to be lost.
      broken.push(`${releases} releases: ${error instanceof Error ? error.message : String(error)}`);
      tell(broken.at(-1) ?? "");
    }
  }
  return { rows, broken, noop: await measureNoop(noopReleases, tell), look: measureLook(longRun) };
}

/** Only what changes nothing. Answers with the exit code: 1 where it takes longer than it may. */
export async function measureNoopAlone(tell: (line: string) => void): Promise<number> {
  const noop = await measureNoop(noopReleases, tell);
  const requirements = noopRequirementsOf(noop);
  console.log(`\n${noopLine(noop)}\n\n${requirementLines(requirements)}`);
  return requirements.every(({ met }) => met) ? 0 : 1;
}

function oneLine(row: ScaleRow): string {
  const lateness = `lateness P50 ${row.p50LatenessMs.toFixed(0)} ms, P99 ${row.p99LatenessMs.toFixed(0)} ms`;
  const costs = `${row.peakMemoryMiB.toFixed(0)} MiB, ${row.cpuCores.toFixed(2)} cores, up ${row.upSeconds.toFixed(0)}s`;
  return `${row.releases} releases: ${lateness}, ${costs}, not promoted ${row.notPromoted}`;
}

/** Long enough for all to be in analysis at once: the engine starts them one after the other. */
function stepSecondsFor(releases: number): number {
  return Math.max(10, Math.ceil(releases / 20) * 4);
}

async function measureFleet(releases: number): Promise<ScaleRow> {
  const namespace = `bench-scale-${releases}`;
  const world = await startWorld(namespace);
  try {
    const stack = await BenchStack.open(namespace, { checkpoints: false });
    const fleet = { namespace, releases, stepSeconds: stepSecondsFor(releases), autoscaled: false };
    const parallel = Math.max(32, releases * 4);
    succeeded(await stack.up(fleetProgram({ ...fleet, version: "1.0.0" }), { parallel }), `first up of ${namespace}`);
    const backgroundPerSecond = await backgroundRate(backgroundSeconds);
    const use = watchProcess(deciding);
    const updating = stack.up(fleetProgram({ ...fleet, version: "2.0.0" }), { parallel });
    const costs = await Promise.race([
      costsOf(releases, world, backgroundPerSecond, () => use.now()),
      endedEarly(updating),
    ]);
    const update = await updating;
    const { latenessMs } = await world.report();
    return {
      releases,
      p50LatenessMs: percentile(latenessMs, 0.5),
      p99LatenessMs: percentile(latenessMs, 0.99),
      checks: latenessMs.length,
      peakMemoryMiB: use.stop().peakMemoryMiB,
      ...costs,
      upSeconds: update.seconds,
      notPromoted: releases - (await promotedIn(namespace)),
    };
  } finally {
    await world.stop();
  }
}

type Costs = Pick<ScaleRow, "cpuCores" | "apiRequestsPerReleaseSecond" | "prometheusRequestsPerReleaseSecond">;

/** What all of them together cost while every one is in analysis. */
async function costsOf(
  releases: number,
  world: World,
  backgroundPerSecond: number,
  cpuSecondsNow: () => number,
): Promise<Costs> {
  while ((await world.report()).inAnalysis < releases) await pause(250);
  const before = { counters: await readCounters(), cpu: cpuSecondsNow(), queries: (await world.report()).queries };
  await pause(windowSeconds * 1000);
  const after = { counters: await readCounters(), cpu: cpuSecondsNow(), queries: (await world.report()).queries };
  const seconds = (after.counters.atMs - before.counters.atMs) / 1000;
  const { apiRequests } = requestsBetween(before.counters, after.counters, backgroundPerSecond);
  return {
    cpuCores: (after.cpu - before.cpu) / seconds,
    apiRequestsPerReleaseSecond: apiRequests / seconds / releases,
    prometheusRequestsPerReleaseSecond: (after.queries - before.queries) / seconds / releases,
  };
}

async function endedEarly(updating: Promise<Update>): Promise<never> {
  const { output } = await updating;
  throw new Error(`bench: the update ended while its costs were measured: ${output.slice(-2000)}`);
}

async function promotedIn(namespace: string): Promise<number> {
  const found: unknown = await custom.listNamespacedCustomObject({
    group: "apisix-canary.io",
    version: "v1",
    namespace,
    plural: "canaryreleases",
  });
  const items = at(found, "items");
  const list: readonly unknown[] = Array.isArray(items) ? items : [];
  return list.filter((item) => at(item, "status", "phase") === "Succeeded").length;
}

function succeeded(update: Update, what: string): Update {
  if (update.failed) throw new Error(`bench: ${what} failed: ${update.output.slice(-2000)}`);
  return update;
}
