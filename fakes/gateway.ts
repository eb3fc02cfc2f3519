import type { Role } from "../release/model/index.js";

/** What users met in a piece of time in which nothing changed. */
export interface Segment {
  readonly fromMs: number;
  readonly toMs: number;
  /** The canary's share at the gateway, percent. */
  readonly weight: number;
  /** Address that answered; undefined where nobody did. */
  readonly canaryNode: string | undefined;
  readonly primaryNode: string | undefined;
}

type Now = Omit<Segment, "fromMs" | "toMs">;

/** Requests of users per second, at every moment. */
const requestsPerSecond = 100;

/** The gateway's side of the story: which share it really sends where, and who answered its users. */
export class Gateway {
  readonly segments: Segment[] = [];
  /** What it does, which follows what it was told a moment later. */
  weight = 0;

  /** Time passed in which nothing changed. */
  pass(fromMs: number, toMs: number, now: Now): void {
    const last = this.segments.at(-1);
    if (last !== undefined && same(last, now)) this.segments[this.segments.length - 1] = { ...last, toMs };
    else this.segments.push({ ...now, fromMs, toMs });
  }

  /** Requests that the address had answered by then, or (for "") that nobody answered. */
  requests(role: Role, node: string, atMs: number): number {
    return this.segments.reduce((sum, segment) => {
      const answered = (role === "canary" ? segment.canaryNode : segment.primaryNode) ?? "";
      return answered === node ? sum + requestsIn(segment, role, atMs) : sum;
    }, 0);
  }

  /** All addresses that ever answered for a role. */
  nodes(role: Role): readonly string[] {
    const all = this.segments.map(({ canaryNode, primaryNode }) => (role === "canary" ? canaryNode : primaryNode));
    return [...new Set(all.map((node) => node ?? ""))];
  }

  /** The pieces of time in which users were sent to nobody. */
  get unanswered(): readonly (Segment & { readonly role: Role })[] {
    return this.segments.flatMap((segment) => {
      const canary = segment.weight > 0 && segment.canaryNode === undefined;
      const primary = segment.weight < 100 && segment.primaryNode === undefined;
      const of = (role: Role, is: boolean): readonly (Segment & { readonly role: Role })[] =>
        is ? [{ ...segment, role }] : [];
      return [...of("canary", canary), ...of("primary", primary)];
    });
  }
}

function same(a: Now, b: Now): boolean {
  return a.weight === b.weight && a.canaryNode === b.canaryNode && a.primaryNode === b.primaryNode;
}

function requestsIn(segment: Segment, role: Role, atMs: number): number {
  const share = (role === "canary" ? segment.weight : 100 - segment.weight) / 100;
  return (Math.max(0, Math.min(atMs, segment.toMs) - segment.fromMs) / 1000) * share * requestsPerSecond;
}
