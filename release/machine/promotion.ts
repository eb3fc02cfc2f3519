import type { Assessment, Observation, Verdict } from "../analysis/contract.js";
import type { ReleaseStatus } from "../model/index.js";
import type { ReleaseSettings } from "../settings/index.js";
import { ReleaseFailed } from "./failure.js";
import { withLock } from "./lock.js";
import { passedEarlier, planShiftBack, readinessOf } from "./plan.js";
import type { Outcome, Ports } from "./ports.js";
import { judgeOnRecord, reported } from "./record.js";
import { callWebhooks, checksOf, haltSentence, readMetrics } from "./rollout.js";
import type { Run } from "./run.js";
import { drain, hasLeftovers, returnTraffic } from "./take-back.js";

const pollMs = 500;
const announceEveryMs = 10_000;

/** Finishes what the analysis began: primary ready, traffic back to it, canary down. Throws ReleaseFailed. */
export async function runPromotion(settings: ReleaseSettings, ports: Ports, signal: AbortSignal): Promise<Outcome> {
  return reported(ports, "promotion", () => withLock(settings, ports, signal, promote));
}

async function promote(run: Run): Promise<Outcome> {
  const { revision } = run.settings;
  await untilPrimaryReady(run);
  const { status } = run;
  if (status.promotedRevision === undefined) return initialize(run);
  if (status.promotedRevision === revision) {
    if (await hasLeftovers(run)) await returnTraffic(run);
    return { kind: "alreadyPromoted" };
  }
  if (!passedEarlier(revision, status)) return unjudged(run);
  await run.journal({ phase: "Promoting" }, ["handoverDeadline", "handoverSeconds"]);
  await shiftBack(run);
  await finish(run);
  return { kind: "promoted" };
}

async function initialize(run: Run): Promise<Outcome> {
  const { revision } = run.settings;
  if (await hasLeftovers(run)) await returnTraffic(run);
  await run.journal({ ...settled(run), phase: "Initialized", promotedRevision: revision, message: "first revision" });
  run.announce("info", `Initialization done! ${run.label}`);
  return { kind: "initialized" };
}

/** The primary carries a revision that nobody judged (`--target`, or an object that was lost): say so, never shift. */
async function unjudged(run: Run): Promise<Outcome> {
  if (await hasLeftovers(run)) await returnTraffic(run);
  const message = `revision ${run.settings.revision} is on the primary without having been judged`;
  await run.journal({ ...settled(run), phase: "Succeeded", promotedRevision: run.settings.revision, message });
  run.announce("warning", `${run.label}: ${message}`, true);
  return { kind: "unjudged" };
}

async function untilPrimaryReady(run: Run): Promise<void> {
  const { settings, ports } = run;
  const label = `${settings.name}-primary.${settings.namespace}`;
  const deadline = ports.clock.nowMs() + settings.progressDeadline * 1000;
  for (let lastAnnouncedMs = -Infinity; ;) {
    const primary = await run.persist(() => ports.cluster.readWorkload("primary", run.signal));
    const carries = primary?.revision === settings.revision;
    const readiness =
      primary === undefined || !carries
        ? ({ kind: "notReady", message: "it does not carry the revision" } as const)
        : readinessOf(primary, primary.replicas, settings.analysis.primaryReadyThreshold);
    if (readiness.kind === "ready") return;
    const sentence = `${label} not ready: ${readiness.message}`;
    if (ports.clock.nowMs() > deadline) throw new ReleaseFailed(`${sentence} (after ${settings.progressDeadline}s)`);
    if (ports.clock.nowMs() - lastAnnouncedMs >= announceEveryMs) {
      lastAnnouncedMs = ports.clock.nowMs();
      run.announce("warning", sentence);
    }
    await run.sleep(pollMs);
  }
}

/** Step by step, each judged on what the primary's new pods answer; one jump where no step size is given. */
async function shiftBack(run: Run): Promise<void> {
  const { settings, ports } = run;
  const route = await run.persist(() => ports.cluster.readRoute(run.signal));
  const weights = planShiftBack(route?.canaryWeight ?? 0, settings.analysis.stepWeightPromotion);
  const observe = judgeOnRecord(run, "primary");
  for (const weight of weights.filter((each) => each > 0)) {
    await run.setWeight(weight, "Promoting");
    run.announce("info", `Advance ${run.label} primary weight ${100 - weight}`);
    await holdStep(run, observe, weight);
  }
  run.announce("info", "Routing all traffic to primary");
}

async function holdStep(run: Run, observe: (observation: Observation) => Assessment, weight: number): Promise<void> {
  const sinceMs = run.ports.clock.nowMs();
  for (let failures = 0; ;) {
    const verdict = await judgeInterval(run, observe, weight, sinceMs);
    if (verdict.kind === "pass") return;
    if (verdict.kind === "failedCheck") failures += 1;
    const over = failures >= run.settings.analysis.threshold;
    if (verdict.kind === "failNow" || verdict.kind === "giveUp" || over)
      throw await stopShifting(run, verdict.sentence);
    run.announce("warning", haltSentence(run.label, verdict.sentence));
  }
}

async function judgeInterval(
  run: Run,
  observe: (observation: Observation) => Assessment,
  canaryWeight: number,
  weightSinceMs: number,
): Promise<Verdict> {
  const { clock, cluster } = run.ports;
  const { interval, checkInterval } = run.settings.analysis;
  const everyMs = (checkInterval ?? Math.min(2, interval)) * 1000;
  const endsAt = clock.nowMs() + interval * 1000;
  for (;;) {
    const leftMs = endsAt - clock.nowMs();
    const intervalEnds = leftMs < everyMs * 1.5;
    await run.sleep(Math.max(0, intervalEnds ? leftMs : everyMs));
    const [subject, baseline] = await run.persist(() =>
      Promise.all([
        cluster.readRevisionNodes("primary", run.settings.revision, run.signal),
        cluster.readEndpoints("canary", run.signal),
      ]),
    );
    const assessment = observe({
      nowMs: clock.nowMs(),
      reading: await readMetrics(run, subject.nodes, baseline.nodes),
      intervalEnds,
      surroundings: {
        subjectNodes: subject.nodes,
        baselineNodes: baseline.nodes,
        subjectReady: subject.ready,
        baselineReady: baseline.ready,
        weightPercent: 100 - canaryWeight,
        weightSinceMs,
      },
    });
    if (intervalEnds) await run.journal({ checks: checksOf(assessment) });
    const { verdict } = assessment;
    if (intervalEnds || verdict.kind === "failNow" || verdict.kind === "giveUp") return verdict;
  }
}

/** There is no old revision left to return to: the split stays, people decide. */
async function stopShifting(run: Run, sentence: string): Promise<ReleaseFailed> {
  const message = `the primary's new pods fail: ${sentence}; traffic stays split at canary ${run.status.canaryWeight}%`;
  await run.journal({ message });
  run.announce("error", `${run.label}: ${message}`, true);
  return new ReleaseFailed(
    `${run.label}: ${message}; no earlier revision is left to return to: repair it and run the update again`,
  );
}

async function finish(run: Run): Promise<void> {
  const { revision } = run.settings;
  const route = await run.persist(() => run.ports.cluster.readRoute(run.signal));
  await run.setWeight(0, "Finalising");
  if (route?.canaryWeight !== 0) await drain(run);
  run.announce("info", `Promotion completed! Scaling down ${run.label}`, true);
  await run.scaleCanary(0);
  const message = "Canary analysis completed successfully, promotion finished.";
  await run.journal({ ...settled(run), phase: "Succeeded", promotedRevision: revision, message });
  await callWebhooks(run, "post-rollout");
}

/** What is the same at the end of every good run. */
function settled(run: Run): Partial<ReleaseStatus> {
  return {
    canaryWeight: 0,
    plannedWeight: 0,
    revision: run.settings.revision,
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
