import { readdirSync, readFileSync } from "node:fs";
import { KubeConfig, Watch } from "@kubernetes/client-node";
import { at } from "./objects.js";

const config = new KubeConfig();
config.loadFromDefault();

/** When the canary's weight changed, by this process's clock. */
export interface WeightChange {
  readonly atMs: number;
  readonly weight: number;
}

export interface RouteWatch {
  readonly changes: readonly WeightChange[];
  stop(): void;
}

/** Follows the canary's weight on every ApisixRoute of a namespace; a watch, so that it costs the API server nothing. */
export async function watchWeights(namespace: string, canaryService: string): Promise<RouteWatch> {
  const changes: WeightChange[] = [];
  const onEvent = (_type: string, route: unknown): void => {
    const backends = at(route, "spec", "http", 0, "backends");
    const list: readonly unknown[] = Array.isArray(backends) ? backends : [];
    const weight = at(
      list.find((backend) => at(backend, "serviceName") === canaryService),
      "weight",
    );
    if (typeof weight === "number" && changes.at(-1)?.weight !== weight) changes.push({ atMs: Date.now(), weight });
  };
  const watched = `/apis/apisix.apache.org/v2/namespaces/${namespace}/apisixroutes`;
  const controller = await new Watch(config).watch(watched, {}, onEvent, () => undefined);
  return { changes, stop: () => controller.abort() };
}

/** Seconds from the first canary traffic to the last time its weight became 0; undefined where either is missing. */
export function secondsToZero(changes: readonly WeightChange[]): number | undefined {
  const first = changes.find(({ weight }) => weight > 0);
  const zero = changes.findLast(({ weight }) => weight === 0);
  return first === undefined || zero === undefined || zero.atMs < first.atMs
    ? undefined
    : (zero.atMs - first.atMs) / 1000;
}

export interface ProcessUse {
  readonly cpuSeconds: number;
  readonly peakMemoryMiB: number;
}

const ticksPerSecond = 100;

/** Samples the process whose command line matches, several times a second, until stopped. */
export function watchProcess(pattern: RegExp): { stop(): ProcessUse } {
  const first = new Map<number, number>();
  const last = new Map<number, number>();
  const state = { peakKiB: 0 };
  const sample = (): void => {
    for (const pid of matching(pattern)) {
      const use = useOf(pid);
      if (use === undefined) continue;
      if (!first.has(pid)) first.set(pid, use.ticks);
      last.set(pid, use.ticks);
      state.peakKiB = Math.max(state.peakKiB, use.peakKiB);
    }
  };
  sample();
  const timer = setInterval(sample, 250);
  return {
    stop: () => {
      clearInterval(timer);
      sample();
      const ticks = [...last].reduce((sum, [pid, end]) => sum + end - (first.get(pid) ?? end), 0);
      return { cpuSeconds: ticks / ticksPerSecond, peakMemoryMiB: state.peakKiB / 1024 };
    },
  };
}

function matching(pattern: RegExp): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pattern.test(read(`/proc/${pid}/cmdline`).replaceAll("\0", " ")) && !isShell(pid));
}

function isShell(pid: number): boolean {
  return /^(sh|bash|dash|unshare|nsenter)$/.test(read(`/proc/${pid}/comm`).trim());
}

function useOf(pid: number): { readonly ticks: number; readonly peakKiB: number } | undefined {
  const stat = read(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  const peak = /VmHWM:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1];
  return Number.isFinite(ticks) ? { ticks, peakKiB: Number(peak ?? 0) } : undefined;
}

/** A process may end while it is looked at. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** Sum of all series of a counter in a Prometheus text page. */
export function sumOf(text: string, metric: string): number {
  return text
    .split("\n")
    .filter((line) => line.startsWith(`${metric}{`) || line.startsWith(`${metric} `))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}
