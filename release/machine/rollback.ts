import { durationText, isHandedOver } from "../model/index.js";
import type { ReleaseStatus } from "../model/index.js";
import type { LeaseView, ObservedRelease } from "../ports/index.js";
import type { RollbackSettings } from "../settings/index.js";
import { endStay, podsStay, stayUntil } from "./abort-delay.js";
import { clearCommands } from "./commands.js";
import { shortPatience } from "./drain.js";
import type { Patience } from "./drain.js";
import { ReleaseFailed, sentenceOf } from "./failure.js";
import { isLost, withLock } from "./lock.js";
import { readinessOf } from "./readiness.js";
import type { RollbackPorts } from "./ports.js";
import { runKeys } from "./run.js";
import type { RollbackRun } from "./run.js";
import { hasPods, retireCanary, routeAllToPrimary, scaleDown } from "./traffic.js";

/** Why a release is rolled back, and what that says about its revision. */
export type RollbackCause =
  /** The run decided against it. */
  | { readonly kind: "failed"; readonly sentence: string }
  /** Another member of its train is out, which says nothing about its own revision. */
  | { readonly kind: "train"; readonly sentence: string; readonly follows: string }
  /** It passed and was not promoted in time: the verdict stands, and the next update judges it again. */
  | { readonly kind: "notPromoted"; readonly sentence: string }
  /** Its run is gone, which says nothing about a revision. */
  | { readonly kind: "runLost"; readonly sentence: string };

/**
 * Ends a run against its revision: traffic to the primary, canary down, recorded, told, nothing left to obey. With
 * `staySeconds` the canary's pods are left to somebody who scales them down so much later; true where some were.
 */
export async function rollBack(
  run: RollbackRun,
  cause: RollbackCause,
  patience: Patience,
  staySeconds = 0,
): Promise<boolean> {
  run.announce("warning", `Rolling back ${run.label} ${cause.sentence}`);
  await routeAllToPrimary(run, patience);
  const stays = staySeconds > 0 && (await hasPods(run));
  if (!stays) await scaleDown(run);
  const status = rolledBack(run, cause, stays ? stayUntil(run.ports.clock.nowMs(), staySeconds) : {});
  const follows = cause.kind === "train" ? cause.follows : undefined;
  await run.journal({ ...status, ...outOfTrain(run, cause.sentence, follows) }, runKeys);
  run.announce("error", endingOf(run, cause, status), true, cause.sentence);
  await clearCommands(run);
  return stays;
}

function endingOf(
  { label }: RollbackRun,
  { kind }: RollbackCause,
  { message, scaleDownSeconds }: Partial<ReleaseStatus>,
): string {
  const later = scaleDownSeconds === undefined ? "" : ` in ${durationText(scaleDownSeconds)}`;
  return kind === "runLost" ? `${label} ${message}` : `Canary failed! Scaling down ${label}${later}`;
}

function rolledBack(
  run: RollbackRun,
  { kind, sentence }: RollbackCause,
  stay: ReturnType<typeof stayUntil> | Record<string, never>,
): Partial<ReleaseStatus> {
  const { revision } = run.settings;
  const judged = (verdict: "passed" | "failed") => ({ revision, verdict, reason: sentence, at: run.isoNow() });
  const pods = stay.scaleDownAt === undefined ? "deployment scaled to zero" : `its pods stay until ${stay.scaleDownAt}`;
  const failed = `Canary analysis failed, ${pods}: ${sentence}`;
  switch (kind) {
    case "failed":
      return { ...ended(run, sentence, "Failed", failed), ...stay, revision, judged: judged("failed") };
    case "train":
      return { ...ended(run, sentence, "TrainIsOut", failed), revision };
    case "notPromoted":
      return { ...ended(run, sentence, "NotPromoted"), revision, judged: judged("passed") };
    case "runLost": {
      const reason = isHandedOver(run.status) ? "NotPromoted" : "RunLost";
      return ended(run, `${sentence}; traffic is back on the primary, deployment scaled to zero`, reason);
    }
  }
}

/** What the other members of its train go by; nothing where it is in none. */
function outOfTrain({ status }: RollbackRun, why: string, follows?: string): Pick<ReleaseStatus, "train"> | undefined {
  if (status.train === undefined) return undefined;
  return { train: { ...status.train, stands: "out", why, ...(follows === undefined ? {} : { follows }) } };
}

/** A run that is over and promoted nothing. */
export function ended(
  run: RollbackRun,
  message: string,
  reason = "Failed",
  condition = message,
): Partial<ReleaseStatus> {
  const lastTransitionTime = run.isoNow();
  return {
    phase: "Failed",
    canaryWeight: 0,
    plannedWeight: 0,
    message,
    conditions: [{ type: "Promoted", status: "False", reason, message: condition, lastTransitionTime }],
  };
}

/**
 * Ends a promotion before its time: the primary carries the revision already, so all users go there, where it is ready
 * with it. The message for people; throws ReleaseFailed where the traffic must stay as it is.
 */
export async function finishAborted(
  run: RollbackRun,
  sentence: string,
  patience: Patience,
  reason?: string,
): Promise<string> {
  await retireCanary(run, patience);
  const message = `${sentence}; the primary already carries this revision and has all traffic; run the update again to finish the promotion`;
  await run.journal({ ...ended(run, message, reason), ...outOfTrain(run, sentence) }, runKeys);
  await clearCommands(run);
  return message;
}

export type AbandonedOutcome =
  | { readonly kind: "rolledBack" }
  /** Somebody else is at work on the release by now. */
  | { readonly kind: "taken" }
  /** Users are better off as it is; to be looked at again later. */
  | { readonly kind: "stays"; readonly why: string };

/** What an observer has watched for so long that it takes the release for abandoned. */
export interface Abandoned {
  readonly release: ObservedRelease;
  readonly lease: LeaseView | undefined;
}

/** Rolls back a release whose run is gone, with the very steps of a run: lock, fence, journal, weight 0, drain, scale down. */
export async function rollBackAbandoned(
  settings: RollbackSettings,
  ports: RollbackPorts,
  seen: Abandoned,
  sentence: string,
  signal: AbortSignal,
): Promise<AbandonedOutcome> {
  try {
    const options = { abandoned: { lease: seen.lease } };
    return await withLock(settings, ports, signal, (run) => underLock(run, seen, sentence), options);
  } catch (error) {
    if (isLost(error)) return { kind: "taken" };
    if (error instanceof ReleaseFailed) return { kind: "stays", why: sentenceOf(error) };
    throw error;
  }
}

/** It comes again in a moment: a try that can't succeed now is given up soon, for a new run may wait for the lock. */
const observerPatience: Patience = { ...shortPatience, weatherMs: 15_000, controllerMs: 10_000 };

async function underLock(run: RollbackRun, { release }: Abandoned, sentence: string): Promise<AbandonedOutcome> {
  const { cluster } = run.ports;
  const now = await run.persist(() => cluster.readRelease(run.signal));
  if (now?.uid !== release.uid || JSON.stringify(now.status) !== JSON.stringify(release.status))
    return { kind: "taken" };
  if (podsStay(run.status)) {
    await endStay(run, observerPatience);
    return { kind: "rolledBack" };
  }
  const [primary, canary] = await Promise.all([
    run.persist(() => cluster.readWorkload("primary", run.signal)),
    run.persist(() => cluster.readEndpoints("canary", run.signal)),
  ]);
  if (primary?.revision !== run.settings.revision) {
    await rollBack(run, { kind: "runLost", sentence }, observerPatience);
    return { kind: "rolledBack" };
  }
  if (readinessOf(primary, primary.replicas, 100).kind !== "ready" && canary.ready > 0)
    return { kind: "stays", why: "the primary already carries the new revision and is not ready with it" };
  const reason = isHandedOver(run.status) ? "NotPromoted" : "RunLost";
  run.announce("warning", `Rolling back ${run.label} ${sentence}`);
  const message = await finishAborted(run, sentence, observerPatience, reason);
  run.announce("error", `${run.label} ${message}`, true, sentence);
  return { kind: "rolledBack" };
}
