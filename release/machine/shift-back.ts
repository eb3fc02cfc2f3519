import type { Assessment, Observation, Verdict } from "../analysis/contract.js";
import { checkEverySeconds } from "../settings/index.js";
import { abortSentence } from "./commands.js";
import { Against, ReleaseFailed } from "./failure.js";
import { planShiftBack } from "./plan.js";
import { judgeOnRecord } from "./record.js";
import { checksOf, haltSentence, readMetrics } from "./rollout.js";
import type { Run } from "./run.js";
import { outsideChange, readRoute } from "./weights.js";

type Observe = (observation: Observation) => Assessment;
/** What an interval of the way back ends with. */
type Held = Verdict | { readonly kind: "canaryGone" };

/**
 * Brings the traffic back to the promoted primary down to its last step, each judged on what the primary's new pods
 * answer; the last one, to 0, is the caller's. Throws ReleaseFailed where those pods fail: the split stays.
 */
export async function shiftBack(run: Run): Promise<void> {
  const { settings, ports } = run;
  const route = await readRoute(run);
  // Never above what the release had planned, whatever somebody wrote on the route.
  const from = Math.min(route?.canaryWeight ?? 0, run.status.canaryWeight);
  const weights = planShiftBack(from, settings.analysis.stepWeightPromotion).filter((each) => each > 0);
  const observe = judgeOnRecord(run, "primary");
  const deadlineMs = ports.clock.nowMs() + settings.deadline * 1000;
  for (const weight of weights) {
    await run.setWeight(weight, "Promoting");
    run.announce("info", `Advance ${run.label} primary weight ${100 - weight}`);
    if ((await holdStep(run, observe, weight, deadlineMs)) === "canaryGone") return;
  }
}

async function holdStep(
  run: Run,
  observe: Observe,
  weight: number,
  deadlineMs: number,
): Promise<"passed" | "canaryGone"> {
  const sinceMs = run.ports.clock.nowMs();
  for (let failures = 0; ;) {
    const held = await judgeInterval(run, observe, weight, sinceMs);
    if (held.kind === "canaryGone") return "canaryGone";
    if (held.kind === "pass") return "passed";
    if (held.kind === "giveUp") return goOnUndecided(run, held.sentence);
    if (held.kind === "failedCheck") failures += 1;
    const over = failures >= run.settings.analysis.threshold || run.ports.clock.nowMs() > deadlineMs;
    if (held.kind === "failNow" || over) throw await stopShifting(run, held.sentence);
    run.announce("warning", haltSentence(run.label, held.sentence));
  }
}

/**
 * The revision has passed its analysis and the primary's pods are ready: where nothing can be measured (Prometheus away,
 * no requests) a split between two sides of one revision protects nobody.
 */
function goOnUndecided(run: Run, sentence: string): "passed" {
  run.announce("warning", `${run.label}: the primary can't be judged (${sentence}): the promotion goes on`, true);
  return "passed";
}

async function judgeInterval(run: Run, observe: Observe, weight: number, sinceMs: number): Promise<Held> {
  const { clock } = run.ports;
  const { analysis } = run.settings;
  const everyMs = checkEverySeconds(analysis) * 1000;
  const endsAt = clock.nowMs() + analysis.interval * 1000;
  for (;;) {
    const leftMs = endsAt - clock.nowMs();
    const intervalEnds = leftMs < everyMs * 1.5;
    await run.sleep(Math.max(0, intervalEnds ? leftMs : everyMs));
    const held = await check(run, observe, weight, sinceMs, intervalEnds);
    if (intervalEnds || held.kind === "failNow" || held.kind === "giveUp" || held.kind === "canaryGone") return held;
  }
}

async function check(
  run: Run,
  observe: Observe,
  canaryWeight: number,
  weightSinceMs: number,
  intervalEnds: boolean,
): Promise<Held> {
  const { clock, cluster } = run.ports;
  const [object, route, subject, baseline] = await run.persist(() =>
    Promise.all([
      cluster.readRelease(run.signal),
      cluster.readRoute(run.signal),
      cluster.readRevisionNodes("primary", run.settings.revision, run.signal),
      cluster.readEndpoints("canary", run.signal),
    ]),
  );
  const aborted = abortSentence(object);
  if (aborted !== undefined) throw new Against(aborted);
  if (baseline.ready === 0 && subject.ready > 0) return { kind: "canaryGone" };
  if (route !== undefined && route.canaryWeight !== canaryWeight) {
    run.announce("warning", outsideChange(run, route.canaryWeight, canaryWeight));
    await run.setWeight(canaryWeight);
  }
  const assessment = observe({
    nowMs: clock.nowMs(),
    reading: await readMetrics(run, subject.nodes, baseline.nodes),
    intervalEnds,
    finalStep: false,
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
  return assessment.verdict;
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
