import { readdirSync, readFileSync } from "node:fs";

export interface ProcessUse {
  readonly cpuSeconds: number;
  /** The system's own high-water mark of the process. */
  readonly peakMemoryMiB: number;
}

export interface ProcessWatch {
  /** CPU seconds used so far. */
  now(): number;
  stop(): ProcessUse;
}

/** USER_HZ, the same on every Linux. */
const ticksPerSecond = 100;

/** Samples the process whose command line matches, several times a second, until stopped. */
export function watchProcess(pattern: RegExp): ProcessWatch {
  const first = new Map<number, number>();
  const last = new Map<number, number>();
  const state = { peakKiB: 0, started: false };
  const sample = (): void => {
    for (const pid of matching(pattern)) {
      const use = useOf(pid);
      if (use === undefined) continue;
      // A process that comes later is counted from its own start.
      if (!first.has(pid)) first.set(pid, state.started ? 0 : use.ticks);
      last.set(pid, use.ticks);
      state.peakKiB = Math.max(state.peakKiB, use.peakKiB);
    }
    state.started = true;
  };
  sample();
  const timer = setInterval(sample, 250);
  const cpuSeconds = (): number =>
    [...last].reduce((sum, [pid, end]) => sum + end - (first.get(pid) ?? end), 0) / ticksPerSecond;
  return {
    now: () => {
      sample();
      return cpuSeconds();
    },
    stop: () => {
      clearInterval(timer);
      sample();
      return { cpuSeconds: cpuSeconds(), peakMemoryMiB: state.peakKiB / 1024 };
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
