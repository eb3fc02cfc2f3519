import { mayFollow, withPromoted } from "../model/index.js";
import type { Promoted, ReleaseStatus } from "../model/index.js";
import type { ReleaseSettings } from "../settings/index.js";
import { hasUsers, isPromotedInSteps, remembered, restSplit, shownWeight, splitText } from "../strategy/index.js";
import { clearCommands, clearStandingCommands, heedAbort } from "./commands.js";
import { fullPatience, shortPatience } from "./drain.js";
import type { Patience } from "./drain.js";
import { AbortRun, ReleaseFailed, sentenceOf } from "./failure.js";
import { reported } from "./judging.js";
import { lossOf, withLock } from "./lock.js";
import { NotReady } from "./not-ready.js";
import { comesAgain, passedEarlier } from "./plan.js";
import { readinessOf } from "./readiness.js";
import type { Readiness } from "./readiness.js";
import type { Outcome, Ports } from "./ports.js";
import { promotedBefore, promotedNow, summaryOf } from "./promoted.js";
import { judgeAfterPromotion } from "./post-promotion.js";
import { PromotionWatch, walkPromotionSteps } from "./promotion-steps.js";
import { adjustReplicas } from "./replicas.js";
import { finishAborted } from "./rollback.js";
import { handoverKeys, runKeys } from "./run.js";
import type { Run } from "./run.js";
import { hasLeftovers, retireCanary, routeAllToPrimary, scaleDown } from "./traffic.js";
import { poll, withLimit } from "./waiting.js";
import { callWebhooks } from "./webhooks.js";

const pollMs = 500;
/** After an abort this long is left to bring the promotion to an end. */
const lastActMs = 30_000;
/** The canary has been judged: an API server that is away is waited for as long as during the analysis. */
const apiPatienceMs = 10 * 60_000;

/** Finishes what the analysis began: primary ready, traffic back to it, canary down. Throws ReleaseFailed. */
export async function runPromotion(settings: ReleaseSettings, ports: Ports, signal: AbortSignal): Promise<Outcome> {
  return reported(ports, "promotion", () => withLock(settings, ports, signal, promote, { apiPatienceMs }));
}

async function promote(run: Run): Promise<Outcome> {
  try {
    return await perform(run);
  } catch (error) {
    throw await endEarly(run, error);
  }
}

async function perform(run: Run): Promise<Outcome> {
  // An abort that came after the pass is meant for the promotion.
  await clearStandingCommands(run, "abort");
  await adjustReplicas(run, "before");
  await waitForPromotedPrimary(run);
  const outcome = await settle(run);
  await adjustReplicas(run, "after");
  await clearCommands(run);
  return outcome;
}

async function settle(run: Run): Promise<Outcome> {
  const { revision } = run.settings;
  const { status } = run;
  if (status.promotedRevision === undefined) return initialize(run);
  if (status.promotedRevision === revision && !comesAgain(revision, status)) {
    if (await hasLeftovers(run)) await retireCanary(run, fullPatience(run));
    return { kind: "alreadyPromoted", promoted: await promotedBefore(run) };
  }
  if (!passedEarlier(revision, status)) return unjudged(run);
  await run.journal({ phase: "Promoting", message: "" }, handoverKeys);
  await walkPromotionSteps(run);
  return { kind: "promoted", promoted: await finish(run) };
}

async function initialize(run: Run): Promise<Outcome> {
  const { revision } = run.settings;
  if (await hasLeftovers(run)) await retireCanary(run, fullPatience(run));
  const message = "first revision";
  const promoted = await promotedNow(run, "initialized", message);
  await run.journal({ ...settled(run), phase: "Initialized", promotedRevision: revision, promoted, message }, runKeys);
  run.announce("info", `Initialization done! ${run.label}`);
  return { kind: "initialized", promoted };
}

/** The primary carries a revision that nobody judged (`--target`, or an object that was lost): say so, never shift. */
async function unjudged(run: Run): Promise<Outcome> {
  if (await hasLeftovers(run)) await retireCanary(run, fullPatience(run));
  const { revision } = run.settings;
  const message = `revision ${revision} is on the primary without having been judged`;
  const promoted = await promotedNow(run, "unjudged", message);
  await run.journal(
    {
      ...settled(run),
      // Nobody judged it: no later run may skip its steps for it.
      formers: run.status.formers ?? [],
      phase: "Succeeded",
      promotedRevision: revision,
      promoted,
      message,
    },
    runKeys,
  );
  run.announce("warning", `${run.label}: ${message}`, true);
  return { kind: "unjudged", promoted };
}

async function waitForPromotedPrimary(run: Run): Promise<void> {
  const { settings } = run;
  const waiting = new NotReady(run, "primary", `${settings.name}-primary.${settings.namespace}`);
  const last = { message: "" };
  const watch = isWatched(run) ? new PromotionWatch(run) : undefined;
  const ready = await poll(run, { everyMs: pollMs, forMs: settings.progressDeadline * 1000 }, async () => {
    await listen(run);
    const readiness = await primaryReadiness(run);
    if (readiness.kind === "ready") return true;
    await leaveDeadCanary(run);
    await watch?.look();
    last.message = readiness.message;
    await waiting.say(readiness.message);
    return undefined;
  });
  if (ready === undefined) throw await stopWaiting(run, await waiting.sentence(last.message));
}

/** Where the canary has traffic it serves on, and people decide: no other revision is left to return to. */
async function stopWaiting(run: Run, sentence: string): Promise<ReleaseFailed> {
  const { progressDeadline } = run.settings;
  const { phase, promotedRevision } = run.status;
  const split = (await run.readRoute())?.split ?? restSplit;
  const weight = shownWeight(split);
  const decide =
    weight > 0
      ? `; the canary keeps its ${splitText(split)} until a person decides: bring the primary up and run the update again`
      : "";
  const message = `${sentence}${decide} (after ${progressDeadline}s)`;
  const conditions = withPromoted(
    run.status.conditions,
    { status: "False", reason: "PrimaryNotReady", message },
    run.isoNow(),
  );
  if (weight > 0 && promotedRevision !== undefined)
    await run.journal({ phase: "Promoting", message, conditions, stalled: "PrimaryNotReady" });
  else {
    await scaleDown(run);
    if (mayFollow(phase, "Failed")) await run.journal({ phase: "Failed", message, conditions });
  }
  run.announce("error", message, true);
  return new ReleaseFailed(message);
}

/** A promotion in steps judges each of them; one in a jump has only the time until its primary is ready. */
function isWatched({ settings, status }: Run): boolean {
  const { skipAnalysis, analysis, revision } = settings;
  if (skipAnalysis || isPromotedInSteps(analysis) || status.canaryWeight === 0) return false;
  // Who promotes by hand has decided about the checks, too.
  if (status.judged?.without !== undefined) return false;
  return status.promotedRevision !== revision && passedEarlier(revision, status);
}

async function listen(run: Run): Promise<void> {
  heedAbort(run, await run.persist(() => run.ports.cluster.readRelease(run.signal)));
}

async function primaryReadiness(run: Run): Promise<Readiness> {
  const { settings, ports } = run;
  const primary = await run.persist(() => ports.cluster.readWorkload("primary", run.signal));
  return primary === undefined || primary.revision !== settings.revision
    ? { kind: "notReady", message: "it does not carry the revision" }
    : readinessOf(primary, primary.replicas, settings.analysis.primaryReadyThreshold);
}

/** A canary whose pods somebody took away is no reason to keep users with it while the primary rolls. */
async function leaveDeadCanary(run: Run): Promise<void> {
  const { cluster } = run.ports;
  const route = await run.readRoute();
  if (route === undefined || !hasUsers(route.split)) return;
  const [primary, canary] = await run.persist(() =>
    Promise.all([cluster.readEndpoints("primary", run.signal), cluster.readEndpoints("canary", run.signal)]),
  );
  if (canary.ready > 0 || primary.ready === 0) return;
  run.announce("warning", `${run.label}: the canary has no ready pod any more: routing all traffic to the primary`);
  await run.setSplit(restSplit);
}

async function finish(run: Run): Promise<Promoted> {
  const { revision } = run.settings;
  const { judged, checks } = run.status;
  const promoted = await promotedNow(run, judged?.without ?? "passed", summaryOf(judged?.reason ?? "", checks));
  run.announce("info", "Routing all traffic to primary");
  await run.journal({ phase: "Finalising", canaryWeight: 0, split: restSplit });
  await routeAllToPrimary(run, fullPatience(run));
  await judgeAfterPromotion(run);
  run.announce("info", `Promotion completed! Scaling down ${run.label}`, true, run.status.judged?.reason);
  await scaleDown(run);
  const message = "Canary analysis completed successfully, promotion finished.";
  await run.journal({ ...settled(run), phase: "Succeeded", promotedRevision: revision, promoted, message }, runKeys);
  await callWebhooks(run, "post-rollout");
  return promoted;
}

/** What is the same at the end of every good run. */
export function settled(run: Run): Partial<ReleaseStatus> {
  return {
    canaryWeight: 0,
    plannedWeight: 0,
    revision: run.settings.revision,
    formers: remembered(run.status.formers ?? [], { revision: run.settings.revision, at: run.isoNow() }),
    conditions: [
      {
        type: "Promoted",
        status: "True",
        reason: "Succeeded",
        message: "Canary analysis completed successfully, promotion finished.",
        lastTransitionTime: run.isoNow(),
      },
    ],
  };
}

/** A promotion that is aborted or interrupted ends at 100/0 too, where the primary is ready with the revision. */
async function endEarly(run: Run, error: unknown): Promise<unknown> {
  const loss = lossOf(run, error);
  if (loss !== undefined) return loss;
  if (run.signal.aborted) {
    const sentence = `interrupted: ${sentenceOf(run.signal.reason)}`;
    return withLimit(run.ports.clock, lastActMs, (limit) => endAborted(run.with(limit), sentence, shortPatience));
  }
  if (error instanceof AbortRun) return endAborted(run, error.sentence, fullPatience(run));
  if (error instanceof ReleaseFailed) await clearCommands(run);
  return error;
}

async function endAborted(run: Run, sentence: string, patience: Patience): Promise<Error> {
  const failure = (what: string): ReleaseFailed => new ReleaseFailed(`${run.label}: ${sentence}; ${what}`);
  try {
    if ((await primaryReadiness(run)).kind !== "ready") {
      await clearCommands(run);
      return failure("the primary is not ready with the new revision, so the traffic stays as it is");
    }
    return new ReleaseFailed(`${run.label}: ${await finishAborted(run, sentence, patience)}`);
  } catch (error) {
    return failure(`the promotion could not be brought to its end: ${sentenceOf(error)}`);
  }
}
