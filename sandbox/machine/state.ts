import { mkdirSync, readFileSync, statSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import path from "node:path";

/** Name of the sandbox where none is given. */
export const defaultName = "default";

/** Files of one sandbox; all of them go when it goes. */
export interface StateFolder {
  readonly root: string;
  readonly bin: string;
  readonly logs: string;
  readonly kubeconfig: string;
  /** Written by the supervisor inside: `{"kind":"ready"}` or `{"kind":"failed","message":…}`. */
  readonly outcome: string;
  /** Written by the supervisor inside: each of its own processes, and how it is. */
  readonly processes: string;
  /** Process id of the namespaces' first process, as seen from outside. */
  readonly pid: string;
  /** Name of the file that gives programs for images; absent: none. */
  readonly images: string;
  /** Socket of the process outside that pulls images. */
  readonly puller: string;
  /** Socket of the API server, for who is outside. */
  readonly apiServer: string;
}

/** Holds one folder for each sandbox of this user. */
export function sandboxesFolder(): string {
  return path.join(tmpdir(), `pulumi-apisix-canary-${userInfo().uid}`);
}

/** Makes the folder of all sandboxes, readable by this user only; refuses one that somebody else put there. */
export function makeSandboxesFolder(): void {
  const folder = sandboxesFolder();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (statSync(folder).uid !== userInfo().uid) throw new Error(`${folder} belongs to another user: remove it`);
}

export function stateFolder(name: string): StateFolder {
  if (!/^[a-z0-9][-a-z0-9]{0,30}$/.test(name))
    throw new Error(`sandbox name ${JSON.stringify(name)}: use lower case letters, digits and '-'`);
  return filesBelow(path.join(sandboxesFolder(), name));
}

/** The files of the sandbox whose folder is `root`. */
export function filesBelow(root: string): StateFolder {
  return {
    root,
    bin: path.join(root, "bin"),
    logs: path.join(root, "logs"),
    kubeconfig: path.join(root, "kubeconfig"),
    outcome: path.join(root, "outcome.json"),
    processes: path.join(root, "pids.json"),
    pid: path.join(root, "machine.json"),
    images: path.join(root, "images"),
    puller: path.join(root, "puller.sock"),
    apiServer: path.join(root, "api.sock"),
  };
}

export interface MachineRecord {
  /** Of the namespaces' first process, as seen from outside. */
  readonly pid: number;
  readonly userNamespace: boolean;
  /** When that process started: its number may belong to another one later, after a reboot for instance. */
  readonly startTicks: number;
}

/** The machine that runs under this name; undefined when there is none (any more). */
export function runningMachine(name: string): MachineRecord | undefined {
  const record = readJson(stateFolder(name).pid);
  if (typeof record !== "object" || record === null) return undefined;
  if (!("pid" in record) || !("userNamespace" in record) || !("startTicks" in record)) return undefined;
  const { pid, userNamespace, startTicks } = record;
  if (typeof pid !== "number" || typeof userNamespace !== "boolean" || typeof startTicks !== "number") return undefined;
  const machine = { pid, userNamespace, startTicks };
  return isAlive(machine) ? machine : undefined;
}

export function isAlive({ pid, startTicks }: Pick<MachineRecord, "pid" | "startTicks">): boolean {
  return startTicksOf(pid) === startTicks;
}

/** Start of a process in clock ticks since boot; undefined when it is gone, or dead and not yet buried. */
export function startTicksOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name, which may hold blanks and brackets.
    const [state, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" || state === "X" ? undefined : Number(rest[18]);
  } catch {
    return undefined;
  }
}

export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
