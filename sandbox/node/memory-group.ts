// Stand-in for a container runtime: a control group that holds a container to its memory limit, where one can be made.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import path from "node:path";

const mounts = "/sys/fs/cgroup";

/** Where this machine keeps the memory of its processes: version 2, or the older kind. */
interface Hierarchy {
  readonly folder: string;
  readonly limit: string;
  /** File and line that count the kills for want of memory. */
  readonly kills: string;
}

const unified: Hierarchy = { folder: mounts, limit: "memory.max", kills: "memory.events" };
const older: Hierarchy = {
  folder: path.join(mounts, "memory"),
  limit: "memory.limit_in_bytes",
  kills: "memory.oom_control",
};

export class MemoryGroup {
  private constructor(
    private readonly folder: string,
    private readonly hierarchy: Hierarchy,
  ) {}

  /** Undefined where this user may make none (without root, say). */
  static create(sandbox: string, container: string, limitBytes: number): MemoryGroup | undefined {
    const hierarchy = existsSync(path.join(unified.folder, "cgroup.controllers")) ? unified : older;
    const folder = path.join(groupsOf(sandbox, hierarchy), container);
    try {
      mkdirSync(folder, { recursive: true });
      if (hierarchy === unified) writeFileSync(path.join(path.dirname(folder), "cgroup.subtree_control"), "+memory");
      writeFileSync(path.join(folder, hierarchy.limit), String(limitBytes));
      return new MemoryGroup(folder, hierarchy);
    } catch {
      return undefined;
    }
  }

  /** One that an earlier agent made; undefined where there is none. */
  static find(sandbox: string, container: string): MemoryGroup | undefined {
    const hierarchy = [unified, older].find((each) => existsSync(path.join(groupsOf(sandbox, each), container)));
    return hierarchy && new MemoryGroup(path.join(groupsOf(sandbox, hierarchy), container), hierarchy);
  }

  /** A process that writes 0 there joins. */
  get joinFile(): string {
    return path.join(this.folder, "cgroup.procs");
  }

  /** How often a process was killed for want of memory. */
  get kills(): number {
    try {
      const text = readFileSync(path.join(this.folder, this.hierarchy.kills), "utf8");
      return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
    } catch {
      return 0;
    }
  }

  /** When its processes have ended. */
  remove(): void {
    remove(this.folder);
  }
}

function groupsOf(sandbox: string, { folder }: Hierarchy): string {
  return path.join(folder, `pulumi-apisix-canary-${path.basename(sandbox)}`);
}

/** What containers of a sandbox that has ended have left. */
export function removeMemoryGroups(sandbox: string): void {
  for (const folder of [unified, older].map((each) => groupsOf(sandbox, each)).filter((each) => existsSync(each))) {
    const groups = readdirSync(folder, { withFileTypes: true }).filter((each) => each.isDirectory());
    groups.forEach(({ name }) => remove(path.join(folder, name)));
    remove(folder);
  }
}

function remove(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Not there, or a process in it has yet to end.
  }
}
