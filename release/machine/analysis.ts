import type { Judged } from "../model/index.js";
import type { ReleaseSettings } from "../settings/index.js";
import { PodsStay, scaleDownLater } from "./abort-delay.js";
import { Baseline } from "./baseline.js";
import { retireBaseline } from "./baseline-pods.js";
import { clearCommands, clearStandingCommands, waitAndListen } from "./commands.js";
import { fullPatience, shortPatience } from "./drain.js";
import type { Patience } from "./drain.js";
import { AbortRun, ReleaseFailed, sentenceOf, TrainIsOut } from "./failure.js";
import { Gates, jumpsGates } from "./gates.js";
import { reported, thresholdSentence } from "./judging.js";
import { PausableLimit } from "./limit.js";
import { isLost, lossOf, withLock } from "./lock.js";
import {
  deadlineSeconds,
  highestOf,
  isWithinWindow,
  planStages,
  restSplit,
  shownWeight,
  wayBack,
} from "../strategy/index.js";
import type { Stage } from "../strategy/index.js";
import { decideStart } from "./plan.js";
import type { Outcome, Ports } from "./ports.js";
import { preflight } from "./preflight.js";
import { rollBack } from "./rollback.js";
import type { RollbackCause } from "./rollback.js";
import { Rollout } from "./rollout.js";
import { handoverKeys, isoTime } from "./run.js";
import type { Run } from "./run.js";
import { scaleUp } from "./scale-up.js";
import { hasLeftovers, retireCanary } from "./traffic.js";
import { TrainMember } from "./train.js";
import { withLimit } from "./waiting.js";
import { callWebhooks } from "./webhooks.js";

/** After an abort this long is left for the rollback. */
const lastActMs = 30_000;
const trainPollMs = 2_000;

/** Judges the asked revision where the cluster says that there is something to judge. Throws ReleaseFailed. */
export async function runAnalysis(settings: ReleaseSettings, ports: Ports, signal: AbortSignal): Promise<Outcome> {
  try {
    return await reported(ports, "analysis", () => withLock(settings, ports, signal, analyse));
  } catch (error) {
    if (error instanceof PodsStay) await scaleDownLater(settings, ports, signal, error);
    throw error;
  }
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
  const train = TrainMember.of(run);
  await beforeAnything(run, train);
  const deadline = deadlineSeconds(run.settings);
  const late = (seconds: number): AbortRun => new AbortRun(`not decided within the deadline of ${seconds}s`);
  const limit = new PausableLimit(run.ports.clock, deadline * 1000, late);
  try {
    // One that only holds is the rollout's to tell.
    return await perform(run.settings.analysis.onUndecided === "hold" ? run : run.until(limit.signal), limit, train);
  } catch (error) {
    throw await endFailed(run, error);
  } finally {
    await limit.end();
  }
}

/** A run that is refused before it has changed anything leaves nothing to obey either. */
async function beforeAnything(run: Run, train: TrainMember | undefined): Promise<void> {
  try {
    await train?.board();
    await preflight(run);
  } catch (error) {
    if (run.signal.aborted || isLost(error)) throw error;
    await train?.leaveOut(error);
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

async function perform(run: Run, limit: PausableLimit, train: TrainMember | undefined): Promise<Outcome> {
  const { settings } = run;
  const { plan, from } = planOf(run);
  const highest = settings.skipAnalysis ? restSplit : highestOf(plan.slice(from));
  await run.journal(
    {
      phase: "Progressing",
      revision: settings.revision,
      canaryWeight: 0,
      plannedWeight: shownWeight(highest),
      plannedSplit: highest,
      failedChecks: 0,
      iterations: 0,
      message: "",
      checks: [],
      drainSeconds: settings.drain,
      routeName: settings.routeName,
    },
    [...handoverKeys, "judged", "split", "strategy", ...(train === undefined ? (["train"] as const) : [])],
  );
  const gates = new Gates(run, limit);
  await waitForGate(run, gates, train);
  const canary = await scaleUp(run, plan[from]);
  if (settings.skipAnalysis) {
    await waitForTrain(run, limit, train);
    return pass(run, "skipped", "analysis skipped on request", "skipped");
  }
  const baseline = await Baseline.raise(run, plan.slice(from), canary.replicas);
  run.announce("info", `Starting canary analysis for ${run.label}`);
  await preRollout(run, train);
  const byHand = await new Rollout(run, canary.templateHash, gates, limit, train, baseline).through(plan, from);
  // Of the old revision: the primary is about to get the new one, and is judged by its own pods.
  await retireBaseline(run, fullPatience(run));
  if (byHand) return pass(run, "passed", "promoted on request", "onRequest");
  return pass(run, "passed", from > 0 ? "all checks passed on the way back" : "all checks passed at every step");
}

/** All stages; or, where the revision served all users lately, the last one alone. */
function planOf(run: Run): { readonly plan: readonly Stage[]; readonly from: number } {
  const { settings, status, ports, label } = run;
  const plan = planStages(settings.analysis);
  const { rollbackWindow } = settings.analysis;
  const { formers = [] } = status;
  const { revision } = settings;
  if (rollbackWindow === undefined || !isWithinWindow(rollbackWindow, formers, revision, ports.clock.nowMs()))
    return { plan, from: 0 };
  run.announce(
    "info",
    `${label}: revision ${revision} served all users within the rollback window: its steps are skipped`,
  );
  return wayBack(plan);
}

/** Of a release that is promoted without checks: it goes with the others all the same. */
async function waitForTrain(run: Run, limit: PausableLimit, train: TrainMember | undefined): Promise<void> {
  if (train === undefined) return;
  while (!(await train.isOpen(limit))) if (jumpsGates(await waitAndListen(run, trainPollMs, jumpsGates))) return;
}

async function waitForGate(run: Run, gates: Gates, train: TrainMember | undefined): Promise<void> {
  while (!(await gates.areOpen("confirm-rollout"))) {
    const everyMs = run.settings.analysis.interval * 1000;
    const heard = await waitAndListen(
      run,
      everyMs,
      (object) => object?.commands.approve !== undefined || jumpsGates(object),
    );
    if (jumpsGates(heard)) return gates.pass();
    await gates.hear(heard);
    await train?.heed();
  }
}

async function preRollout(run: Run, train: TrainMember | undefined): Promise<void> {
  const { threshold, interval } = run.settings.analysis;
  for (;;) {
    const refused = await callWebhooks(run, "pre-rollout");
    if (refused === undefined) return;
    const failedChecks = run.status.failedChecks + 1;
    await run.journal({ failedChecks });
    run.announce("warning", `Halt ${run.label} advancement pre-rollout check ${refused.sentence}`);
    if (failedChecks >= threshold) throw new AbortRun(thresholdSentence(run, `pre-rollout check ${refused.sentence}`));
    await waitAndListen(run, interval * 1000);
    await train?.heed();
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
    ...(run.status.train === undefined ? {} : { train: { ...run.status.train, stands: "left" as const } }),
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
  if (!run.signal.aborted) return rollBackFailed(run, causeOf(error), fullPatience(run), staySecondsOf(run, error));
  const interrupted = { kind: "failed", sentence: `interrupted: ${sentenceOf(run.signal.reason)}` } as const;
  return withLimit(run.ports.clock, lastActMs, (limit) => rollBackFailed(run.with(limit), interrupted, shortPatience));
}

/** Of a revision that failed by itself; a member that is out for another one has nothing to show. */
function staySecondsOf({ settings }: Run, error: unknown): number | undefined {
  return error instanceof TrainIsOut ? undefined : settings.analysis.abortScaleDownDelay;
}

function causeOf(error: unknown): RollbackCause {
  if (error instanceof TrainIsOut) return { kind: "train", sentence: error.sentence, follows: error.follows };
  return { kind: "failed", sentence: sentenceOf(error) };
}

async function rollBackFailed(
  run: Run,
  cause: RollbackCause,
  patience: Patience,
  staySeconds?: number,
): Promise<Error> {
  const { sentence } = cause;
  let stays: boolean;
  try {
    stays = await rollBack(run, cause, patience, staySeconds);
  } catch (error) {
    if (isLost(error)) return error;
    return new ReleaseFailed(`${run.label}: ${sentence}; the traffic could not be rolled back: ${sentenceOf(error)}`);
  }
  await callWebhooks(run, "post-rollout").catch(() => undefined);
  const { promotedRevision } = run.status;
  const kept = promotedRevision === undefined ? "the earlier revision" : `revision ${promotedRevision}`;
  const { revision } = run.settings;
  const message = `${run.label}: revision ${revision} rolled back: ${sentence}; the primary still serves ${kept}`;
  if (!stays) return new ReleaseFailed(message);
  run.announce(
    "warning",
    `${message}; the canary's pods stay until ${run.status.scaleDownAt}, and the update with them`,
  );
  return new PodsStay(message, run.token);
}
