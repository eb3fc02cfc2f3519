import type { Role, WorkloadRole } from "../release/model/index.js";
import { shownWeight } from "../release/strategy/index.js";
import type { OwnRuleKind, RuleKind, Split } from "../release/strategy/index.js";

/** What users met in a piece of time in which nothing changed. */
export interface Segment {
  readonly fromMs: number;
  readonly toMs: number;
  /** What the gateway really does. */
  readonly split: Split;
  /** Address that answered; undefined where nobody did. */
  readonly canaryNode: string | undefined;
  readonly primaryNode: string | undefined;
  /** Address of the baseline's pods, which stand behind the primary's Service, and their share of its requests. */
  readonly baselineNode?: string | undefined;
  readonly baselineShare?: number;
}

type Now = Omit<Segment, "fromMs" | "toMs">;

/** Of users: how many match, and how many of those in a bucket come for the first time and have no cookie yet. */
const matchingShare = 0.2;
const firstVisits = 0.1;
/** Requests per second of a load test by the preview's way. */
const previewPerSecond = 10;

/** Requests per second of one rule to one side. */
interface Flow {
  readonly rule: RuleKind;
  readonly role: Role;
  readonly perSecond: number;
}

/** A rule that doesn't do what it was asked: so much of its traffic goes to the other side. */
export interface Leak {
  readonly rule: RuleKind;
  readonly to: Role;
  readonly share: number;
}

/** The gateway's side of the story: which share of which rule it really sends where, and who answered its users. */
export class Gateway {
  readonly segments: Segment[] = [];
  /** Requests of users per second, at every moment of a story. */
  requestsPerSecond = 100;
  /** What it does, which follows what it was told a moment later. */
  split: Split = { base: 0 };
  /** Rules that the route has beside the user's own. */
  rules: readonly OwnRuleKind[] = [];
  leak: Leak | undefined;

  get weight(): number {
    return shownWeight(this.split);
  }

  set weight(percent: number) {
    this.split = { base: percent };
  }

  /** Time passed in which nothing changed. */
  pass(fromMs: number, toMs: number, now: Now): void {
    const last = this.segments.at(-1);
    if (last !== undefined && same(last, now)) this.segments[this.segments.length - 1] = { ...last, toMs };
    else this.segments.push({ ...now, fromMs, toMs });
  }

  /** Requests that the address had answered by then, or (for "") that nobody answered; of one rule. */
  requests(role: WorkloadRole, node: string, atMs: number, rule: RuleKind = "base"): number {
    return this.segments.reduce((sum, segment) => {
      const to = role === "canary" ? "canary" : "primary";
      const share = shareOf(segment, role, node);
      return share > 0 ? sum + this.perSecond(segment, rule, to) * share * secondsOf(segment, atMs) : sum;
    }, 0);
  }

  /** Users' requests at the primary's address that were held up, for they were copied to the canary meanwhile. */
  copied(node: string, atMs: number): number {
    return this.segments.reduce((sum, segment) => {
      const own = shareOf(segment, "primary", node) + shareOf(segment, "baseline", node);
      if (own === 0) return sum;
      const share = (own * (segment.split.mirrorPercent ?? 0)) / 100;
      return sum + this.perSecond(segment, "base", "primary") * share * secondsOf(segment, atMs);
    }, 0);
  }

  /** All addresses that ever answered for a role. */
  nodes(role: WorkloadRole): readonly string[] {
    if (role === "baseline") return [...new Set(this.segments.flatMap(({ baselineNode }) => baselineNode ?? []))];
    const all = this.segments.map(({ canaryNode, primaryNode }) => (role === "canary" ? canaryNode : primaryNode));
    return [...new Set(all.map((node) => node ?? ""))];
  }

  /** The pieces of time in which users were sent to nobody. */
  get unanswered(): readonly (Segment & { readonly role: Role })[] {
    return this.segments.flatMap((segment) => {
      const flows = this.flows(segment).filter(({ rule }) => rule !== "preview" && rule !== "mirror");
      const missing = (["canary", "primary"] as const).filter(
        (role) =>
          (role === "canary" ? segment.canaryNode : (segment.primaryNode ?? segment.baselineNode)) === undefined &&
          flows.some((flow) => flow.role === role && flow.perSecond > 0),
      );
      return missing.map((role) => ({ ...segment, role }));
    });
  }

  private perSecond(segment: Segment, rule: RuleKind, role: Role): number {
    return this.flows(segment).reduce(
      (sum, flow) => (flow.rule === rule && flow.role === role ? sum + flow.perSecond : sum),
      0,
    );
  }

  /** Who comes by which rule, and to whom. */
  private flows({ split }: Segment): readonly Flow[] {
    const { base, matched = 0, preview = 0, mirrorPercent = 0, bucketsPercent = 0 } = split;
    const matching = this.rules.includes("match") ? this.requestsPerSecond * matchingShare : 0;
    const others = this.requestsPerSecond - matching;
    const inBuckets = (others * bucketsPercent * (1 - firstVisits)) / 100;
    const newcomers = this.rules.includes("newcomer") ? (others * bucketsPercent * firstVisits) / 100 : 0;
    const ordinary = others - inBuckets - newcomers;
    const previewed = this.rules.includes("preview") ? previewPerSecond : 0;
    return [
      ...this.divided("match", matching, matched),
      ...this.divided("bucket", inBuckets, 100),
      ...this.divided("newcomer", newcomers, 100),
      ...this.divided("base", ordinary, base),
      ...this.divided("preview", previewed, preview),
      { rule: "mirror", role: "canary", perSecond: (ordinary * mirrorPercent) / 100 },
    ];
  }

  private divided(rule: RuleKind, perSecond: number, percent: number): readonly Flow[] {
    const { leak } = this;
    const asked = percent / 100;
    const canary =
      leak?.rule !== rule
        ? asked
        : leak.to === "canary"
          ? Math.max(asked, leak.share)
          : Math.min(asked, 1 - leak.share);
    return [
      { rule, role: "canary", perSecond: perSecond * canary },
      { rule, role: "primary", perSecond: perSecond * (1 - canary) },
    ];
  }
}

function same(a: Now, b: Now): boolean {
  const nodes = a.canaryNode === b.canaryNode && a.primaryNode === b.primaryNode && a.baselineNode === b.baselineNode;
  return nodes && a.split === b.split && a.baselineShare === b.baselineShare;
}

/** What of a side's requests goes to that address. */
function shareOf(segment: Segment, role: WorkloadRole, node: string): number {
  if (role === "canary") return (segment.canaryNode ?? "") === node ? 1 : 0;
  const { primaryNode, baselineNode, baselineShare = 0 } = segment;
  const share = baselineNode === undefined ? 0 : primaryNode === undefined ? 1 : baselineShare;
  if (role === "baseline") return baselineNode === node ? share : 0;
  return (primaryNode ?? "") === node ? 1 - share : 0;
}

function secondsOf(segment: Segment, atMs: number): number {
  return Math.max(0, Math.min(atMs, segment.toMs) - segment.fromMs) / 1000;
}
