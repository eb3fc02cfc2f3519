import type { Verdict } from "../analysis/contract.js";
import { checkEverySeconds } from "../settings/index.js";
import { clearCommands, heedAbort } from "./commands.js";
import { ReleaseFailed } from "./failure.js";
import { checksOf, checkThroughInterval, haltSentence, Judging } from "./judging.js";
import {
  cappedSplit,
  deadlineSeconds,
  isAtRest,
  knownShare,
  planPromotion,
  promotionPaceOf,
  restSplit,
  sameSplit,
  shownWeight,
} from "../strategy/index.js";
import type { Split } from "../strategy/index.js";
import type { Run } from "./run.js";
import { externalEdit } from "./traffic.js";

/** What an interval of a promotion ends with. */
type Held = Verdict | { readonly kind: "canaryGone" };

/** A step of the promotion: what is asked, since when, and when the promotion must be over. */
interface PromotionStep {
  readonly split: Split;
  readonly sinceMs: number;
  readonly deadlineMs: number;
}

/**
 * Brings the traffic back to the promoted primary down to its last step, each judged on what the primary's new pods
 * answer; the last one, to 0, is the caller's. Throws ReleaseFailed where those pods fail: the split stays.
 */
export async function walkPromotionSteps(run: Run): Promise<void> {
  const { settings, ports } = run;
  const route = await run.readRoute();
  // Never above what the release had planned, whatever somebody wrote on the route.
  const planned = run.status.split ?? { base: run.status.canaryWeight };
  const from = cappedSplit(route?.split ?? restSplit, planned);
  const splits = planPromotion(from, promotionPaceOf(settings.analysis)).filter((each) => !isAtRest(each));
  const judging = new Judging(run, "primary");
  const deadlineMs = ports.clock.nowMs() + deadlineSeconds(settings) * 1000;
  for (const split of splits) {
    await run.setSplit(split, "Promoting");
    run.announce("info", `Advance ${run.label} primary weight ${100 - shownWeight(split)}`);
    const step = { split, sinceMs: ports.clock.nowMs(), deadlineMs };
    if ((await holdStep(run, judging, step)) === "canaryGone") return;
  }
}

async function holdStep(run: Run, judging: Judging, step: PromotionStep): Promise<"passed" | "canaryGone"> {
  for (let failures = 0; ;) {
    const held = await checkThroughInterval(
      run,
      { intervalSeconds: run.settings.analysis.interval },
      (intervalEnds) => check(run, judging, step, intervalEnds),
      endsInterval,
    );
    if (held.kind === "canaryGone") return "canaryGone";
    if (held.kind === "pass") return "passed";
    if (held.kind === "giveUp") return goOnUndecided(run, held.sentence);
    if (held.kind === "failedCheck") failures += 1;
    const over = failures >= run.settings.analysis.threshold || run.ports.clock.nowMs() > step.deadlineMs;
    if (held.kind === "failNow" || over)
      throw await stopPromotion(run, `the primary's new pods fail: ${held.sentence}`);
    run.announce("warning", haltSentence(run.label, held.sentence));
  }
}

function endsInterval({ kind }: Held): boolean {
  return kind === "failNow" || kind === "giveUp" || kind === "canaryGone";
}

/**
 * The revision has passed its analysis and the primary's pods are ready: where nothing can be measured (Prometheus away,
 * no requests) a split between two sides of one revision protects nobody.
 */
function goOnUndecided(run: Run, sentence: string): "passed" {
  run.announce("warning", `${run.label}: the primary can't be judged (${sentence}): the promotion goes on`, true);
  return "passed";
}

async function check(run: Run, judging: Judging, step: PromotionStep, intervalEnds: boolean): Promise<Held> {
  const { cluster } = run.ports;
  const { split, sinceMs } = step;
  const [object, route, subject, baseline] = await run.persist(() =>
    Promise.all([
      cluster.readRelease(run.signal),
      cluster.readRoute(run.signal),
      cluster.readRevisionNodes("primary", run.settings.revision, run.signal),
      cluster.readEndpoints("canary", run.signal),
    ]),
  );
  heedAbort(run, object);
  if (baseline.ready === 0 && subject.ready > 0) return { kind: "canaryGone" };
  if (route !== undefined && !sameSplit(route.split, split)) {
    run.announce("warning", externalEdit(run, route.split, split));
    await run.setSplit(split);
  }
  const share = knownShare(split);
  const weightPercent = share === undefined ? undefined : 100 - share;
  const judged = { subject, baseline, weightPercent, weightSinceMs: sinceMs, finalStep: false };
  const assessment = await judging.check(judged, intervalEnds);
  run.note({ checks: checksOf(assessment) });
  if (intervalEnds) await run.journal({ checks: checksOf(assessment) });
  return assessment.verdict;
}

/**
 * Judges the revision while its primary gets ready, before it gets all traffic in one jump: the last step of the analysis
 * goes on meanwhile, with more and more pods of the revision, and no old ones left to compare with.
 */
export class PromotionWatch {
  private readonly judging: Judging;
  private readonly sinceMs: number;
  private lookedMs = -Infinity;

  constructor(private readonly run: Run) {
    this.judging = new Judging(run, "primary");
    this.sinceMs = run.ports.clock.nowMs();
  }

  /** One check, not more often than asked. Throws ReleaseFailed where the revision is proved to be bad. */
  async look(): Promise<void> {
    const { run } = this;
    const nowMs = run.ports.clock.nowMs();
    if (nowMs - this.lookedMs < checkEverySeconds(run.settings.analysis) * 1000) return;
    this.lookedMs = nowMs;
    const { cluster } = run.ports;
    const [canary, primary] = await run.persist(() =>
      Promise.all([
        cluster.readEndpoints("canary", run.signal),
        cluster.readRevisionNodes("primary", run.settings.revision, run.signal),
      ]),
    );
    const subject = { nodes: [...canary.nodes, ...primary.nodes], ready: canary.ready + primary.ready };
    const judged = { subject, baseline: nobody, weightPercent: 100, weightSinceMs: this.sinceMs, finalStep: false };
    const { verdict } = await this.judging.check(judged, false);
    if (verdict.kind === "failNow")
      throw await stopPromotion(run, `the revision fails while its primary gets ready: ${verdict.sentence}`);
  }
}

const nobody = { nodes: [], ready: 0 };

/** There is no old revision left to return to: the split stays, people decide. */
async function stopPromotion(run: Run, reason: string): Promise<ReleaseFailed> {
  const message = `${reason}; traffic stays split at canary ${run.status.canaryWeight}%`;
  await run.journal({ message, stalled: "PrimaryFailing" });
  await clearCommands(run);
  run.announce("error", `${run.label}: ${message}`, true, reason);
  return new ReleaseFailed(
    `${run.label}: ${message}; no earlier revision is left to return to: repair it and run the update again`,
  );
}
