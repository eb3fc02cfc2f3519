import { execFile, spawn } from "node:child_process";
import { openSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { startTicksOf } from "./state.js";
import type { MachineRecord } from "./state.js";

const execute = promisify(execFile);

const shared = ["--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child=SIGKILL"] as const;

/**
 * How this user makes namespaces: root, to whom all user ids belong, does without a user namespace; everybody else needs
 * one, in which there is one user id.
 */
export async function usesUserNamespace(): Promise<boolean> {
  if (process.getuid?.() === 0 && (await works(shared))) return false;
  if (await works(["--user", "--map-root-user", ...shared])) return true;
  throw new Error(
    "unshare: this system refuses user namespaces; allow them (sysctl kernel.unprivileged_userns_clone=1, and on Ubuntu kernel.apparmor_restrict_unprivileged_userns=0) or run as root",
  );
}

async function works(flags: readonly string[]): Promise<boolean> {
  return execute("unshare", [...flags, "true"]).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Error && "code" in error && error.code === "ENOENT")
        throw new Error("`unshare` is missing: install util-linux");
      return false;
    },
  );
}

/**
 * Process 1 of the new space: runs the supervisor, passes SIGTERM on, and buries the orphans that end up with process
 * 1, which Node would leave as zombies.
 */
const firstProcess = `"$@" & child=$!
trap 'kill -TERM "$child"' TERM
while kill -0 "$child" 2>/dev/null; do wait "$child"; done`;

/** Starts `argv` in a private network, mount and process space; it lives on when we end. */
export async function startMachine(
  argv: readonly string[],
  userNamespace: boolean,
  log: string,
): Promise<MachineRecord> {
  const user = userNamespace ? ["--user", "--map-root-user"] : [];
  const output = openSync(log, "a");
  const child = spawn("unshare", [...user, ...shared, "sh", "-c", firstProcess, "sh", ...argv], {
    detached: true,
    stdio: ["ignore", output, output],
  });
  child.unref();
  const outer = child.pid;
  if (outer === undefined) throw new Error("`unshare` could not be started: install util-linux");
  favour(outer);
  const pid = await firstProcessOf(outer);
  return { pid, userNamespace, startTicks: startTicksOf(pid) ?? 0 };
}

/** The niceness of a whole session, where Linux groups processes by session. */
const clusterNiceness = -5;

/**
 * Linux shares the processor fairly between sessions, so that a cluster of thirty processes would get no more of it
 * than each update beside it. A cluster has machines of its own: it gets a larger share, where root may ask for that.
 */
function favour(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/autogroup`, String(clusterNiceness));
  } catch {
    // Not root, or a kernel that does not group: the shares stay as they are.
  }
}

/** `unshare --fork` waits for its only child, which is process 1 of the new space. */
async function firstProcessOf(outer: number): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const children = childrenOf(outer);
    if (children[0] !== undefined) return children[0];
    await pause(20);
  }
  throw new Error("the sandbox's namespaces could not be made; see its log");
}

/** Direct children of a process; none where it has ended. */
export function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/**
 * The command that runs `argv` inside the machine, in the folder `cwd`. `nsenter` waits for it and must not end before
 * it: it ignores the signals of a Ctrl-C, which the command itself gets as usual.
 */
export function insideCommand(
  { pid, userNamespace }: MachineRecord,
  argv: readonly string[],
  cwd: string,
): readonly string[] {
  const user = userNamespace ? ["--user", "--preserve-credentials"] : [];
  const enter = ["nsenter", "--target", String(pid), ...user, "--net", "--mount", "--pid", "--"];
  // Entering a mount namespace leaves the working folder at its root.
  const change = 'cd "$1" && shift && exec env --default-signal=INT,QUIT,TERM,HUP "$@"';
  const patient = ["sh", "-c", "trap '' INT QUIT TERM HUP; exec \"$@\"", "sh"];
  return [...patient, ...enter, "sh", "-c", change, "sh", cwd, ...argv];
}
