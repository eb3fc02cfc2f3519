import {
  bucketPattern,
  emptyBuckets,
  percentOfPattern,
  restMirrorRatio,
  shareOfWeights,
  weightsFor,
  withoutRest,
} from "../../../strategy/index.js";
import type { Split } from "../../../strategy/index.js";
import type { Part } from "./parts.js";

export interface Operation {
  readonly op: "test" | "add";
  readonly path: string;
  readonly value: unknown;
}

/** What a split moves: every rule that it doesn't name rests. @throws Error where the route lacks a rule that it names */
export function operationsFor(parts: readonly Part[], split: Split): readonly Operation[] {
  refuseLacking(parts, split);
  const hasOwn = parts.some(({ kind }) => kind !== "base");
  return parts.flatMap((part) => [
    // Rules that look the same differ by name.
    ...(hasOwn ? [{ op: "test", path: `/spec/http/${part.index}/name`, value: part.name } as const] : []),
    ...weightOperations(part, shareFor(part, split)),
    ...mirrorOperations(part, split.mirrorPercent ?? 0),
    ...bucketOperations(part, split.bucketsPercent ?? 0),
  ]);
}

/** What all rules together ask of the gateway; where rules of a kind differ, the one that sends most counts. */
export function splitOf(parts: readonly Part[]): Split {
  const most = (kind: Part["kind"], valueOf: (part: Part) => number): number =>
    Math.max(0, ...parts.filter((part) => part.kind === kind).map(valueOf));
  return withoutRest({
    base: most("base", share),
    matched: most("match", share) > 0 ? 100 : 0,
    preview: most("preview", share) > 0 ? 100 : 0,
    mirrorPercent: most("base", mirrored),
    bucketsPercent: Math.max(most("bucket", bucketsOf), most("newcomer", bucketsOf)),
  });
}

/** The canary's share of what a rule gives to the two, percent: as it was asked for, in spite of what a total rounds away. */
export function share({ canary, primary, total }: Part): number {
  if (total === undefined) return shareOfWeights(canary.weight, primary.weight);
  const exact = (canary.weight / total) * 100;
  const whole = Math.round(exact);
  return Math.round((total * whole) / 100) === canary.weight ? whole : exact;
}

function mirrored({ mirror }: Part): number {
  return mirror?.isOn === true ? Math.round(mirror.ratio * 10_000) / 100 : 0;
}

/** A pattern of somebody else's may let anybody in. */
function bucketsOf(part: Part): number {
  if (share(part) === 0) return 0;
  return percentOfPattern(part.bucket?.pattern ?? "") ?? 100;
}

function shareFor({ kind }: Part, split: Split): number {
  switch (kind) {
    case "base":
      return split.base;
    case "match":
      return split.matched ?? 0;
    case "preview":
      return split.preview ?? 0;
    case "bucket":
    case "newcomer":
      return (split.bucketsPercent ?? 0) > 0 ? 100 : 0;
    case "mirror":
      // Has the canary alone.
      return 0;
  }
}

function partsOfTotal(total: number, percent: number): ReturnType<typeof weightsFor> {
  const canary = Math.round((total * percent) / 100);
  return { canary, primary: total - canary };
}

/** The position is that of a moment ago: the test makes sure that it still is the same backend. */
function weightOperations({ index, canary, primary, total }: Part, percent: number): readonly Operation[] {
  const weights = total === undefined ? weightsFor(percent) : partsOfTotal(total, percent);
  const set = ({ at, name }: Part["canary"], weight: number): readonly Operation[] => [
    { op: "test", path: `/spec/http/${index}/backends/${at}/serviceName`, value: name },
    { op: "add", path: `/spec/http/${index}/backends/${at}/weight`, value: weight },
  ];
  return [...set(canary, weights.canary), ...set(primary, weights.primary)];
}

function mirrorOperations({ index, mirror }: Part, percent: number): readonly Operation[] {
  if (mirror === undefined) return [];
  const path = `/spec/http/${index}/plugins/${mirror.at}`;
  return [
    { op: "test", path: `${path}/name`, value: "proxy-mirror" },
    { op: "add", path: `${path}/enable`, value: percent > 0 },
    { op: "add", path: `${path}/config/sample_ratio`, value: percent > 0 ? percent / 100 : restMirrorRatio },
  ];
}

function bucketOperations({ index, bucket }: Part, percent: number): readonly Operation[] {
  if (bucket === undefined) return [];
  const path = `/spec/http/${index}/match/exprs/${bucket.at}`;
  return [
    { op: "test", path: `${path}/subject/scope`, value: bucket.scope },
    { op: "add", path: `${path}/value`, value: percent > 0 ? bucketPattern(percent) : emptyBuckets },
  ];
}

/** A route of an earlier program has not the rules of this one's strategy. */
function refuseLacking(parts: readonly Part[], split: Split): void {
  const has = (kind: Part["kind"]): boolean => parts.some((part) => part.kind === kind);
  const lacking = [
    ...((split.matched ?? 0) > 0 && !has("match") ? ["matching users"] : []),
    ...((split.preview ?? 0) > 0 && !has("preview") ? ["the preview"] : []),
    ...((split.bucketsPercent ?? 0) > 0 && !parts.some(({ bucket }) => bucket !== undefined) ? ["sessions"] : []),
    ...((split.mirrorPercent ?? 0) > 0 && !parts.some(({ mirror }) => mirror !== undefined) ? ["copies"] : []),
  ];
  if (lacking.length > 0) throw new Error(`has no rule for ${lacking.join(" and ")}`);
}
