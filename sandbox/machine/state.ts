import { existsSync, readFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import path from "node:path";

/** Files of one sandbox; all of them go when it goes. */
export interface StateFolder {
  readonly root: string;
  readonly bin: string;
  readonly logs: string;
  readonly kubeconfig: string;
  /** Written by the supervisor inside: `{"kind":"ready"}` or `{"kind":"failed","message":…}`. */
  readonly outcome: string;
  /** Process id of the namespaces' first process, as seen from outside. */
  readonly pid: string;
}

export function stateFolder(name: string): StateFolder {
  if (!/^[a-z0-9][-a-z0-9]{0,30}$/.test(name))
    throw new Error(`sandbox name ${JSON.stringify(name)}: use lower case letters, digits and '-'`);
  const root = path.join(tmpdir(), `pulumi-apisix-canary-${userInfo().uid}`, name);
  return {
    root,
    bin: path.join(root, "bin"),
    logs: path.join(root, "logs"),
    kubeconfig: path.join(root, "kubeconfig"),
    outcome: path.join(root, "outcome.json"),
    pid: path.join(root, "machine.json"),
  };
}

export interface MachineRecord {
  readonly pid: number;
  readonly userNamespace: boolean;
}

/** The machine that runs under this name; undefined when there is none (any more). */
export function runningMachine(name: string): MachineRecord | undefined {
  const record = readJson(stateFolder(name).pid);
  if (typeof record !== "object" || record === null || !("pid" in record) || !("userNamespace" in record))
    return undefined;
  const { pid, userNamespace } = record;
  if (typeof pid !== "number" || typeof userNamespace !== "boolean") return undefined;
  return existsSync(`/proc/${pid}/ns/net`) ? { pid, userNamespace } : undefined;
}

export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
