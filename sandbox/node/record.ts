// Stand-in for a container runtime's own memory: what runs of a pod, so that a restarted node agent finds it again.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";

/** One process; its start tells it from a later one with the same number. */
const processRecord = z.strictObject({ pid: z.int(), startedTicks: z.string() });

const podRecord = z.strictObject({
  ip: z.string(),
  network: processRecord,
  startTime: z.string(),
  initialized: z.boolean(),
  containers: z.record(
    z.string(),
    z.strictObject({ process: processRecord, startedAt: z.string(), restarts: z.int() }),
  ),
});

export type ProcessRecord = z.output<typeof processRecord>;
export type PodRecord = z.output<typeof podRecord>;

export function writeRecord(podFolder: string, record: PodRecord): void {
  const file = path.join(podFolder, "record.json");
  writeFileSync(`${file}.new`, JSON.stringify(record));
  renameSync(`${file}.new`, file);
}

/** Undefined where there is none, or where the pod's network has gone. */
export function readRecord(podFolder: string): PodRecord | undefined {
  const text = readText(path.join(podFolder, "record.json"));
  if (text === "") return undefined;
  const record = podRecord.parse(JSON.parse(text));
  return isAlive(record.network) ? record : undefined;
}

export function processRecordOf(pid: number): ProcessRecord {
  return { pid, startedTicks: statOf(pid)?.startedTicks ?? "" };
}

/** Whether it is the same process, and no zombie. */
export function isAlive({ pid, startedTicks }: ProcessRecord): boolean {
  const stat = statOf(pid);
  return stat?.startedTicks === startedTicks && stat.state !== "Z";
}

/** proc(5): the name may hold anything, so fields count from its closing parenthesis: state is the third of all. */
function statOf(pid: number): { readonly state: string; readonly startedTicks: string } | undefined {
  const text = readText(`/proc/${pid}/stat`);
  const [state, ...rest] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const startedTicks = rest[18];
  return text === "" || state === undefined || startedTicks === undefined ? undefined : { state, startedTicks };
}

/** Direct children of a process; none where it has ended. */
export function childrenOf(pid: number): readonly number[] {
  return readText(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
