import { deadlineSeconds, planSteps } from "../analysis/index.js";
import type { Judged } from "../model/index.js";
import type { ReleaseSettings } from "../settings/index.js";
import { clearCommands, clearStandingCommands, waitAndListen } from "./commands.js";
import { fullPatience, shortPatience } from "./drain.js";
import type { Patience } from "./drain.js";
import { AbortRun, ReleaseFailed, sentenceOf } from "./failure.js";
import { Gates, jumpsGates } from "./gates.js";
import { reported } from "./judging.js";
import { PausableLimit } from "./limit.js";
import { isLost, lossOf, withLock } from "./lock.js";
import { decideStart } from "./plan.js";
import type { Outcome, Ports } from "./ports.js";
import { preflight } from "./preflight.js";
import { rollBack } from "./rollback.js";
import { Rollout } from "./rollout.js";
import { handoverKeys, isoTime } from "./run.js";
import type { Run } from "./run.js";
import { scaleUp } from "./scale-up.js";
import { hasLeftovers, retireCanary } from "./traffic.js";
import { withLimit } from "./waiting.js";
import { callWebhooks } from "./webhooks.js";

/** After an abort this long is left for the rollback. */
const lastActMs = 30_000;

/** Judges the asked revision where the cluster says that there is something to judge. Throws ReleaseFailed. */
export async function runAnalysis(settings: ReleaseSettings, ports: Ports, signal: AbortSignal): Promise<Outcome> {
  return reported(ports, "analysis", () => withLock(settings, ports, signal, analyse));
}

async function analyse(run: Run): Promise<Outcome> {
  const { cluster } = run.ports;
  const primary = await run.persist(() => cluster.readWorkload("primary", run.signal));
  const { revision } = run.settings;
  const start = decideStart(revision, primary, run.status);
  switch (start.kind) {
    case "initialize":
      await run.journal({ phase: "Initializing", revision, message: "waiting for the first primary" });
      return { kind: "initialized" };
    case "alreadyPromoted":
      await retireLeftovers(run);
      return { kind: "alreadyPromoted" };
    case "promotionPending":
      return { kind: "passed" };
    case "unjudged":
      run.announce("warning", `${run.label}: the primary carries revision ${revision}, which was never judged`);
      return { kind: "unjudged" };
    case "analyse":
      return judge(run);
  }
}

async function judge(run: Run): Promise<Outcome> {
  await clearStandingCommands(run);
  await retireLeftovers(run);
  await refuseWithoutJournal(run);
  await beforeAnything(run);
  const deadline = deadlineSeconds(run.settings);
  const late = (seconds: number): AbortRun => new AbortRun(`not decided within the deadline of ${seconds}s`);
  const limit = new PausableLimit(run.ports.clock, deadline * 1000, late);
  try {
    // One that only holds is the rollout's to tell.
    return await perform(run.settings.analysis.onUndecided === "hold" ? run : run.until(limit.signal), limit);
  } catch (error) {
    throw await endFailed(run, error);
  } finally {
    await limit.end();
  }
}

/** A run that is refused before it has changed anything leaves nothing to obey either. */
async function beforeAnything(run: Run): Promise<void> {
  try {
    await preflight(run);
  } catch (error) {
    if (run.signal.aborted || isLost(error)) throw error;
    await clearCommands(run);
    throw error instanceof AbortRun ? new ReleaseFailed(`${run.label}: ${error.sentence}; nothing was started`) : error;
  }
}

/** Without the object nothing of a run could be told, nor taken back by anybody else. */
async function refuseWithoutJournal(run: Run): Promise<void> {
  const object = await run.persist(() => run.ports.cluster.readRelease(run.signal));
  if (object === undefined)
    throw new ReleaseFailed(
      `${run.label}: the CanaryRelease object is missing, nothing was started: run pulumi refresh and the update again`,
    );
}

async function perform(run: Run, limit: PausableLimit): Promise<Outcome> {
  const { settings } = run;
  const steps = planSteps(settings.analysis);
  await run.journal(
    {
      phase: "Progressing",
      revision: settings.revision,
      canaryWeight: 0,
      plannedWeight: settings.skipAnalysis ? 0 : Math.max(...steps),
      failedChecks: 0,
      iterations: 0,
      message: "",
      checks: [],
      drainSeconds: settings.drain,
      routeName: settings.routeName,
    },
    [...handoverKeys, "judged"],
  );
  const gates = new Gates(run, limit);
  await waitForGate(run, gates);
  const canary = await scaleUp(run);
  if (settings.skipAnalysis) return pass(run, "skipped", "analysis skipped on request", "skipped");
  run.announce("info", `Starting canary analysis for ${run.label}`);
  await preRollout(run);
  const byHand = await new Rollout(run, canary.templateHash, gates, limit).through(steps);
  return byHand
    ? pass(run, "passed", "promoted on request", "onRequest")
    : pass(run, "passed", "all checks passed at every step");
}

async function waitForGate(run: Run, gates: Gates): Promise<void> {
  while (!(await gates.areOpen("confirm-rollout"))) {
    const everyMs = run.settings.analysis.interval * 1000;
    const heard = await waitAndListen(
      run,
      everyMs,
      (object) => object?.commands.approve !== undefined || jumpsGates(object),
    );
    if (jumpsGates(heard)) return gates.pass();
    await gates.hear(heard);
  }
}

async function preRollout(run: Run): Promise<void> {
  const { threshold, interval } = run.settings.analysis;
  for (;;) {
    const refused = await callWebhooks(run, "pre-rollout");
    if (refused === undefined) return;
    const failedChecks = run.status.failedChecks + 1;
    await run.journal({ failedChecks });
    run.announce("warning", `Halt ${run.label} advancement pre-rollout check ${refused.sentence}`);
    if (failedChecks >= threshold)
      throw new AbortRun(`failed checks threshold reached ${threshold}: pre-rollout check ${refused.sentence}`);
    await waitAndListen(run, interval * 1000);
  }
}

/** A pass is not yet a promotion: it starts a bounded handover. */
async function pass(
  run: Run,
  kind: "passed" | "skipped",
  reason: string,
  without?: Judged["without"],
): Promise<Outcome> {
  const { settings, ports } = run;
  const nowMs = ports.clock.nowMs();
  await run.journal({
    phase: "WaitingPromotion",
    message: reason,
    judged: {
      revision: settings.revision,
      verdict: "passed",
      ...(without === undefined ? {} : { without }),
      reason,
      at: isoTime(nowMs),
    },
    handoverDeadline: isoTime(nowMs + settings.handover * 1000),
    handoverSeconds: settings.handover,
  });
  await clearCommands(run, "abort");
  run.announce("info", `Copying ${run.label} template spec to ${settings.name}-primary.${settings.namespace}`);
  return { kind };
}

/** What an earlier run left must be gone before anything begins. */
async function retireLeftovers(run: Run): Promise<void> {
  if (await hasLeftovers(run)) await retireCanary(run, fullPatience(run));
}

/** Rolls back, unless somebody else is responsible by now; the error to show. */
async function endFailed(run: Run, error: unknown): Promise<Error> {
  const loss = lossOf(run, error);
  if (loss !== undefined) return loss;
  if (!run.signal.aborted) return rollBackFailed(run, sentenceOf(error), fullPatience(run));
  const sentence = `interrupted: ${sentenceOf(run.signal.reason)}`;
  return withLimit(run.ports.clock, lastActMs, (limit) => rollBackFailed(run.with(limit), sentence, shortPatience));
}

async function rollBackFailed(run: Run, sentence: string, patience: Patience): Promise<Error> {
  try {
    await rollBack(run, { kind: "failed", sentence }, patience);
  } catch (error) {
    if (isLost(error)) return error;
    return new ReleaseFailed(`${run.label}: ${sentence}; the traffic could not be rolled back: ${sentenceOf(error)}`);
  }
  await callWebhooks(run, "post-rollout").catch(() => undefined);
  const { promotedRevision } = run.status;
  const kept = promotedRevision === undefined ? "the earlier revision" : `revision ${promotedRevision}`;
  const { revision } = run.settings;
  return new ReleaseFailed(
    `${run.label}: revision ${revision} rolled back: ${sentence}; the primary still serves ${kept}`,
  );
}
