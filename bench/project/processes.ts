import { readdirSync, readFileSync } from "node:fs";

/** One process, as `/proc` shows it. */
export interface ProcessView {
  readonly pid: number;
  /** Words of its command line. */
  readonly argv: readonly string[];
}

/** Processes that began in the session of this leader, whoever their parent is by now. */
export function processesOfSession(leader: number): readonly ProcessView[] {
  return everyProcess().filter(({ pid }) => sessionOf(pid) === leader);
}

/** Processes whose program has this name. */
export function processesNamed(program: string): readonly ProcessView[] {
  return processesMatching(({ argv }) => argv[0] === program || argv[0]?.endsWith(`/${program}`) === true);
}

export function processesMatching(matches: (process: ProcessView) => boolean): readonly ProcessView[] {
  return everyProcess().filter(matches);
}

/** Sends the signal to each that is still there. */
export function signalAll(processes: readonly ProcessView[], signal: NodeJS.Signals): void {
  for (const { pid } of processes) signalOne(pid, signal);
}

/** To a process, or with a negative number to a group. */
export function signalOne(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself in this very moment.
  }
}

function everyProcess(): readonly ProcessView[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), argv: read(`/proc/${name}/cmdline`).split("\0").filter(Boolean) }))
    .filter(({ argv }) => argv.length > 0);
}

function sessionOf(pid: number): number | undefined {
  const stat = read(`/proc/${pid}/stat`);
  // The second field is the program's name, which may hold blanks and brackets.
  const [, , , session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return session === undefined ? undefined : Number(session);
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
