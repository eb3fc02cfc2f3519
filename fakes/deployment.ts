import type { WorkloadRole } from "../release/model/index.js";
import type { Endpoints, Owner, Workload } from "../release/ports/index.js";

const startUpMs = 1_500;
/**
 * From an address behind the Service to the gateway's first request there. Of a primary's pods nobody notices: the old
 * ones serve on for longer.
 */
const syncLagMs = { canary: 1_000, primary: 0, baseline: 1_000 } as const;

/** A Deployment whose pods take a moment to get ready; the old ones serve until the new ones do. */
export class Deployment {
  readyAtMs: number;
  templateEdits = 0;
  owner: Owner = "ours";
  /** Its pods never get ready. */
  broken = false;
  /** So much later than the pods' readiness their addresses stand behind the Service. */
  addressLagMs = 0;
  /** Fewest replicas that it ever was to have. */
  lowest: number;
  /** Changes with every write. */
  version = 1;
  /** Revision of the pods that serve until the new ones are ready. */
  private old: string | undefined;

  constructor(
    private readonly role: WorkloadRole,
    public revision: string,
    public replicas: number,
    nowMs: number,
  ) {
    this.readyAtMs = nowMs + startUpMs;
    this.lowest = replicas;
  }

  /** From then on users' requests get to the new pods. */
  get addressedAtMs(): number {
    return this.readyAtMs + this.addressLagMs + syncLagMs[this.role];
  }

  /** Another template; where pods run they are replaced without a gap. */
  roll(revision: string, nowMs: number): void {
    if (revision === this.revision) return;
    this.old = this.serving(nowMs);
    this.revision = revision;
    this.version += 1;
    this.readyAtMs = nowMs + startUpMs;
  }

  scale(replicas: number, nowMs: number): void {
    if (replicas === this.replicas) return;
    if (this.replicas === 0) this.readyAtMs = nowMs + startUpMs;
    if (replicas === 0) this.old = undefined;
    this.replicas = replicas;
    this.lowest = Math.min(this.lowest, replicas);
    this.version += 1;
  }

  /** Revision whose addresses stand behind the Service; undefined where none do. */
  serving(nowMs: number): string | undefined {
    if (this.replicas === 0) return undefined;
    return this.isReady(nowMs - this.addressLagMs) ? this.revision : this.old;
  }

  /** Address that the gateway asks; undefined where it knows none. */
  node(nowMs: number): string | undefined {
    const revision = this.serving(nowMs - syncLagMs[this.role]);
    return revision === undefined ? undefined : nodeOf(this.role, revision);
  }

  workload(nowMs: number): Workload {
    const ready = this.isReady(nowMs);
    const available = ready || this.old !== undefined ? this.replicas : 0;
    return {
      owner: this.owner,
      revision: this.revision,
      images: [{ container: "app", image: `podinfo:${this.revision}` }],
      templateHash: `${this.revision}/${this.templateEdits}`,
      generation: 1,
      observedGeneration: 1,
      replicas: this.replicas,
      updatedReplicas: this.old === undefined || ready ? this.replicas : 0,
      availableReplicas: available,
      totalReplicas: this.replicas,
    };
  }

  endpoints(nowMs: number): Endpoints {
    if (this.replicas === 0) return { nodes: [], ready: 0 };
    const all = [this.revision, ...(this.old === undefined || this.serving(nowMs) === this.revision ? [] : [this.old])];
    const nodes = all.map((revision) => nodeOf(this.role, revision));
    return { nodes, ready: this.serving(nowMs) === undefined ? 0 : this.replicas };
  }

  revisionNodes(revision: string, nowMs: number): Endpoints {
    if (revision !== this.revision || this.replicas === 0) return { nodes: [], ready: 0 };
    return { nodes: [nodeOf(this.role, revision)], ready: this.isReady(nowMs) ? this.replicas : 0 };
  }

  private isReady(nowMs: number): boolean {
    return this.replicas > 0 && !this.broken && nowMs >= this.readyAtMs;
  }
}

const subnets = { canary: 1, primary: 2, baseline: 3 } as const;

function nodeOf(role: WorkloadRole, revision: string): string {
  return `10.0.${subnets[role]}.${(revision.charCodeAt(revision.length - 1) % 200) + 1}`;
}
