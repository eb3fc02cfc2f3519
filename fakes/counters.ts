import type { CounterSeries, Reading } from "../release/analysis/contract.js";
import type { Role, WorkloadRole } from "../release/model/index.js";
import type { RuleKind } from "../release/strategy/index.js";
import type { Gateway } from "./gateway.js";

/** How a version behaves; shares are 0 to 1. */
export interface Behaviour {
  readonly failingShare: number;
  readonly slowShare: number;
}

/** Of each version; a baseline behaves as the primary does, unless it is said. */
export type Behaviours = Record<Role, Behaviour> & { baseline?: Behaviour };

const scrapeMs = 2_000;
const slowBoundMs = 500;

/** What Prometheus has of the gateway at that moment: samples every two seconds, nothing younger. */
export function readCounters(gateway: Gateway, behaviour: Behaviours, nowMs: number, windowSeconds: number): Reading {
  const newest = Math.floor(nowMs / scrapeMs) * scrapeMs;
  const count = Math.ceil((windowSeconds * 1000) / scrapeMs);
  const times = Array.from({ length: count }, (_, index) => newest - (count - 1 - index) * scrapeMs);
  const series = (["canary", "primary", "baseline"] as const).flatMap((role) =>
    gateway
      .nodes(role)
      .flatMap((node) => rulesOf(gateway).flatMap((rule) => seriesOf(gateway, { role, node, rule }, behaviour, times))),
  );
  return { kind: "reading", series, custom: [] };
}

function rulesOf({ rules }: Gateway): readonly RuleKind[] {
  return ["base", ...rules];
}

interface Place {
  readonly role: WorkloadRole;
  readonly node: string;
  readonly rule: RuleKind;
}

function seriesOf(
  gateway: Gateway,
  { role, node, rule }: Place,
  behaviour: Behaviours,
  times: readonly number[],
): readonly CounterSeries[] {
  const { failingShare, slowShare } = behaviour[role] ?? behaviour.primary;
  const isCopied = rule === "base" && role !== "canary";
  const slow = (timeMs: number): number => {
    const all = gateway.requests(role, node, timeMs, rule) * slowShare;
    // Who is copied waits for the canary too.
    return isCopied ? all + gateway.copied(node, timeMs) * behaviour.canary.slowShare : all;
  };
  const valueAt = (timeMs: number, share: number | "fast"): number => {
    const all = gateway.requests(role, node, timeMs, rule);
    return share === "fast" ? Math.max(0, all - slow(timeMs)) : all * share;
  };
  const make = (
    kind: CounterSeries["kind"],
    label: string,
    share: number | "fast",
    rest: Partial<CounterSeries>,
  ): CounterSeries => ({
    id: `${kind}/${role}/${node}/${label}${rule === "base" ? "" : `/${rule}`}`,
    instance: "gateway",
    kind,
    node,
    code: "",
    ...(rule === "base" ? {} : { rule, histogram: `${role}/${node}/${rule}` }),
    upstreamStatus: undefined,
    upstreamAddress: undefined,
    upperBoundMs: undefined,
    points: times
      .map((timeMs) => ({ timeMs, value: Math.floor(valueAt(timeMs, share)) }))
      .filter(({ value }) => value > 0),
    ...rest,
  });
  const all =
    node === ""
      ? [make("status", "503", 1, { code: "503" })]
      : [
          make("status", "200", 1 - failingShare, { code: "200" }),
          make("status", "500", failingShare, { code: "500" }),
          make("latencyBucket", "500", "fast", { upperBoundMs: slowBoundMs }),
          make("latencyBucket", "inf", 1, { upperBoundMs: Infinity }),
          make("latencyCount", "", 1, {}),
        ];
  return all.filter(({ points }) => points.length > 0);
}
