import type { Invariant } from "./contract.js";
import type { Change } from "./observer.js";
import { stepWeightPromotion, stepWeights } from "./points.js";

/** A request that a user saw fail. */
export interface Failure {
  readonly atMs: number;
  /** Version that answered; "" where none did. */
  readonly version: string;
  readonly text: string;
}

/** All that was seen of one case. */
export interface Evidence {
  /** Oldest first; the first is how the release was found. */
  readonly changes: readonly Change[];
  readonly failures: readonly Failure[];
  /** Version of the case's canary where it answers with errors; "" for a healthy one. */
  readonly failingVersion: string;
  /** Shares that the fault itself put on the route. */
  readonly handMade: readonly number[];
  /** When a hand gave traffic to a canary that was to have none: the failures are the hand's until it is put right. */
  readonly unplannedHandMs?: number | undefined;
  /** The fault took the canary's pods away at this time; undefined where it didn't. */
  readonly canaryGoneAtMs: number | undefined;
  /** A second update of the same revision was under way: it may judge again what the first one took back. */
  readonly anotherUpdate?: boolean;
  /** When the next update began: what it does is judged as its own. */
  readonly nextUpdateAtMs: number;
}

export interface Finding {
  readonly invariant: Invariant;
  readonly detail: string;
}

/** The gateway follows what is put right so much later. */
const followMs = 1_000;
/** After the pods are gone so long, nobody may be sent to them any more. */
const goneMs = 5_000;

/** What the evidence says against the invariants that hold at every moment; pure. */
export function findingsOf(evidence: Evidence): readonly Finding[] {
  const { storyFromMs, handsUntilMs } = healingOf(evidence);
  const own = { ...evidence, changes: evidence.changes.filter(({ atMs }) => atMs > storyFromMs) };
  return [...weightFindings(own), ...primaryFindings(evidence), ...failureFindings(evidence, handsUntilMs)];
}

interface Healing {
  /** The run's own story begins there. */
  readonly storyFromMs: number;
  /** Until then the failures of nobody are the hand's. */
  readonly handsUntilMs: number;
}

/** When what a hand did against the plan was put right. */
function healingOf({ changes, unplannedHandMs }: Evidence): Healing {
  if (unplannedHandMs === undefined) return { storyFromMs: -Infinity, handsUntilMs: -Infinity };
  const given = changes.find(({ atMs, weight }) => atMs > unplannedHandMs && weight > 0)?.atMs ?? unplannedHandMs;
  const healed = changes.find(({ atMs, weight }) => atMs > given && weight === 0)?.atMs;
  if (healed === undefined) return { storyFromMs: Infinity, handsUntilMs: Infinity };
  // Where no run was under way Preparation puts it right, and writes its journal when the traffic is drained.
  const next = changes.find(({ atMs, phase, weight }) => atMs >= healed && (weight > 0 || phase === "Failed"));
  return next?.weight === 0
    ? { storyFromMs: next.atMs, handsUntilMs: next.atMs }
    : { storyFromMs: healed, handsUntilMs: healed + followMs };
}

function plannedWeights(): readonly number[] {
  const highest = Math.max(...stepWeights);
  const back = Array.from({ length: Math.ceil(highest / stepWeightPromotion) }, (_, index) =>
    Math.max(0, highest - (index + 1) * stepWeightPromotion),
  );
  return [0, ...stepWeights, ...back];
}

function weightFindings({ changes, handMade, anotherUpdate, nextUpdateAtMs }: Evidence): readonly Finding[] {
  const allowed = new Set([...plannedWeights(), ...handMade]);
  const outside = changes.filter(({ weight }) => !allowed.has(weight));
  const found = outside.slice(0, 1).map(({ weight }) => `the canary had ${weight}%`);
  const failed = changes.findIndex(
    (change, index) => change.phase === "Failed" && changes[index - 1]?.phase !== "Failed",
  );
  const rose = changes.findIndex(
    ({ weight, atMs }, index) =>
      failed >= 0 && index > failed && atMs < nextUpdateAtMs && weight > (changes[index - 1]?.weight ?? 0),
  );
  const again =
    rose < 0 || anotherUpdate === true ? [] : [`after the rollback the canary got ${changes[rose]?.weight}% again`];
  return [...found, ...again].map((detail) => ({ invariant: "weight within the plan", detail }));
}

function primaryFindings({ changes }: Evidence): readonly Finding[] {
  const judged = new Set(changes.flatMap(({ passed, promoted }) => [passed, promoted]));
  const first = changes[0]?.primaryRevision;
  const unjudged = changes.find(({ primaryRevision }) => primaryRevision !== first && !judged.has(primaryRevision));
  if (unjudged === undefined) return [];
  const detail = `revision ${unjudged.primaryRevision} (${unjudged.primaryImage}) on the primary was never judged`;
  return [{ invariant: "only judged revisions on the primary", detail }];
}

function failureFindings(
  { failures, failingVersion, canaryGoneAtMs, unplannedHandMs }: Evidence,
  handsUntilMs: number,
): readonly Finding[] {
  const isCanarys = ({ version, atMs }: Failure): boolean => {
    if (version !== "") return version === failingVersion;
    if (unplannedHandMs !== undefined && atMs >= unplannedHandMs && atMs <= handsUntilMs) return true;
    return canaryGoneAtMs !== undefined && atMs >= canaryGoneAtMs && atMs < canaryGoneAtMs + goneMs;
  };
  const others = failures.filter((failure) => !isCanarys(failure));
  if (others.length === 0) return [];
  const samples = others.slice(0, 3).map(({ atMs, version, text }) => `${isoOf(atMs)} ${version || "nobody"}: ${text}`);
  const detail = `${others.length} failed: ${samples.join(" | ")}`;
  return [{ invariant: "no failed request but the canary's own", detail }];
}

function isoOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(11, 23);
}
