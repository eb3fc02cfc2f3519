import type { Invariant } from "./contract.js";
import { restSplit, splitText } from "../../../release/strategy/index.js";
import type { Split } from "../../../release/strategy/index.js";
import type { Change } from "./observer.js";
import { highestShareOf } from "./route-view.js";
import { strategyNamed } from "./strategies.js";

/** A request that a user saw fail. */
export interface Failure {
  /** Whose user. Default: of the lane's first release. */
  readonly release?: string;
  readonly atMs: number;
  /** Version that answered; "" where none did. */
  readonly version: string;
  readonly text: string;
}

/** A version that somebody was answered by for the first time who may not meet a canary of it. */
export interface Meeting {
  readonly who: string;
  readonly version: string;
  readonly atMs: number;
}

/** All that was seen of one release of a case. */
export interface Evidence {
  /** Oldest first; the first is how the release was found. */
  readonly changes: readonly Change[];
  readonly failures: readonly Failure[];
  /** Version of the case's canary where it answers with errors; "" for a healthy one. */
  readonly failingVersion: string;
  /** What the plan may ask of the gateway beside rest. Default: what the weights do. */
  readonly planned?: readonly Split[];
  /** None of these may have been by the canary. Default: none. */
  readonly meetings?: readonly Meeting[];
  /** Shares that the fault itself put on the route. */
  readonly handMade: readonly number[];
  /** When a hand gave traffic to a canary that was to have none: the failures are the hand's until it is put right. */
  readonly unplannedHandMs?: number | undefined;
  /** The fault took the canary's pods away at this time; undefined where it didn't. */
  readonly canaryGoneAtMs: number | undefined;
  /** A gateway's process was killed at this time; undefined where none was. */
  readonly gatewayGoneAtMs?: number | undefined;
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
/** A killed gateway's address stands behind its Service so long, until its probe fails. */
const gatewayGoneMs = 15_000;

/** What the evidence says against the invariants that hold at every moment; pure. */
export function findingsOf(evidence: Evidence): readonly Finding[] {
  const { storyFromMs, handsUntilMs } = healingOf(evidence);
  const own = { ...evidence, changes: evidence.changes.filter(({ atMs }) => atMs > storyFromMs) };
  return [
    ...weightFindings(own),
    ...primaryFindings(evidence),
    ...meetingFindings(evidence),
    ...failureFindings(evidence, handsUntilMs),
  ];
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

const byWeights = strategyNamed("weights").planned;

function weightFindings(evidence: Evidence): readonly Finding[] {
  const { changes, handMade, anotherUpdate, nextUpdateAtMs, planned = byWeights } = evidence;
  const allowed = new Set([0, ...planned.map(highestShareOf), ...handMade]);
  const byHand = handMade.map((base) => ({ base }));
  const splits = new Set(["", ...[restSplit, ...planned, ...byHand].map(splitText)]);
  const outside = changes.filter(({ weight, split }) => !allowed.has(weight) || !splits.has(split));
  const found = outside.slice(0, 1).map(({ weight, split }) => `the canary had ${weight}% (${split})`);
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

function primaryFindings({ changes, failingVersion, nextUpdateAtMs }: Evidence): readonly Finding[] {
  const failing = changes.find((each) => failingVersion !== "" && versionOf(each) === failingVersion);
  if (failing !== undefined && failing.atMs < nextUpdateAtMs)
    return [
      { invariant: "only judged revisions on the primary", detail: `the failing ${failingVersion} on the primary` },
    ];
  const judged = new Set(changes.flatMap(({ passed, promoted }) => [passed, promoted]));
  const first = changes[0]?.primaryRevision;
  const unjudged = changes.find(({ primaryRevision }) => primaryRevision !== first && !judged.has(primaryRevision));
  if (unjudged === undefined) return [];
  const detail = `revision ${unjudged.primaryRevision} (${unjudged.primaryImage}) on the primary was never judged`;
  return [{ invariant: "only judged revisions on the primary", detail }];
}

function versionOf({ primaryImage }: Change): string {
  return primaryImage.slice(primaryImage.lastIndexOf(":") + 1);
}

/** Who meets a version before the primary carries it has met the canary. */
function meetingFindings({ changes, meetings = [] }: Evidence): readonly Finding[] {
  return meetings.flatMap(({ who, version, atMs }): readonly Finding[] => {
    const promoted = changes.find((each) => versionOf(each) === version);
    if (promoted !== undefined && promoted.atMs <= atMs) return [];
    const when = promoted === undefined ? "" : `, ${promoted.atMs - atMs} ms before the primary carried it`;
    const detail = `${isoOf(atMs)} ${who}: answered by ${version}${when}`;
    return [{ invariant: "nobody but the meant users reaches the canary", detail }];
  });
}

/** Of a train's members, what each was seen to do in one update: nobody goes before all others have passed. */
export function trainFindings(members: readonly (readonly Change[])[]): readonly Finding[] {
  const goneMs = members.map((changes) => {
    const first = changes[0]?.primaryRevision;
    return changes.find(({ primaryRevision }) => primaryRevision !== first)?.atMs ?? Infinity;
  });
  const readyMs = members.map(passedAtMs);
  const [firstMs, lastMs] = [Math.min(...goneMs), Math.max(...readyMs)];
  if (members.length < 2 || firstMs >= lastMs) return [];
  const gone = goneMs.indexOf(firstMs);
  const missing = readyMs.indexOf(lastMs);
  const detail = `member ${gone + 1} was promoted at ${isoOf(firstMs)}, and member ${missing + 1} had not passed`;
  return [{ invariant: "one verdict for all of a train", detail }];
}

/** How it has stood since the update before says nothing. */
function passedAtMs(changes: readonly Change[]): number {
  const aboard = changes.findIndex(({ stands }) => stands === "aboard");
  const passed = changes.find(({ stands }, index) => index > aboard && (stands === "ready" || stands === "left"));
  return aboard < 0 ? Infinity : (passed?.atMs ?? Infinity);
}

function failureFindings(
  { failures, failingVersion, canaryGoneAtMs, gatewayGoneAtMs, unplannedHandMs }: Evidence,
  handsUntilMs: number,
): readonly Finding[] {
  const isCanarys = ({ version, atMs }: Failure): boolean => {
    if (version !== "") return version === failingVersion;
    if (gatewayGoneAtMs !== undefined && atMs >= gatewayGoneAtMs && atMs < gatewayGoneAtMs + gatewayGoneMs) return true;
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
