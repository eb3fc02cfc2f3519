import type { Verdict } from "../analysis/contract.js";
import { deadlineSeconds, numberOfAnalysis, stageAfterPromotion } from "../strategy/index.js";
import type { Stage } from "../strategy/index.js";
import { clearCommands, heedAbort } from "./commands.js";
import { fullPatience } from "./drain.js";
import { ReleaseFailed } from "./failure.js";
import { checksOf, checkThroughInterval, haltSentence, Judging, thresholdSentence } from "./judging.js";
import { finishAborted } from "./rollback.js";
import type { Run } from "./run.js";
import { keepAtZero } from "./traffic.js";

const nobody = { nodes: [], ready: 0 };

/**
 * Judges the promoted primary when it has all users. There is no earlier revision left to return to: where it fails, or can't
 * be decided, the release is at rest with this revision, and the update fails. Throws ReleaseFailed then.
 */
export async function judgeAfterPromotion(run: Run): Promise<void> {
  const { settings, status } = run;
  const stage = stageAfterPromotion(settings.analysis);
  // Who promotes without checks has decided about these, too.
  if (stage?.name === undefined || settings.skipAnalysis || status.judged?.without !== undefined) return;
  run.announce("info", `Starting ${stage.name} of ${run.label}`);
  const sentence = await new AfterPromotion(run, stage, stage.name).objection();
  if (sentence === undefined) {
    run.announce("info", `${run.label}: ${stage.name} passed`);
    return;
  }
  const message = await finishAborted(
    run,
    `${sentence}; no earlier revision is left to return to`,
    fullPatience(run),
    "PostPromotionFailed",
  );
  run.announce("error", `${run.label}: ${message}`, true, sentence);
  await clearCommands(run);
  throw new ReleaseFailed(`${run.label}: ${message}`);
}

class AfterPromotion {
  private readonly judging: Judging;
  private readonly sinceMs: number;

  constructor(
    private readonly run: Run,
    private readonly stage: Stage,
    name: string,
  ) {
    this.judging = new Judging(run, "primary", numberOfAnalysis(run.settings.analysis, name));
    this.sinceMs = run.ports.clock.nowMs();
  }

  /** Until so many intervals have passed; what speaks against the revision, if anything does. */
  async objection(): Promise<string | undefined> {
    const { run, stage } = this;
    const { threshold } = run.settings.analysis;
    const untilMs = this.sinceMs + deadlineSeconds(run.settings) * 1000;
    for (let done = 0, failures = 0; ;) {
      await this.tell(done);
      const verdict = await checkThroughInterval(run, stage, (intervalEnds) => this.check(intervalEnds), endsInterval);
      if (verdict.kind === "failNow" || verdict.kind === "giveUp") return verdict.sentence;
      if (verdict.kind === "failedCheck") failures += 1;
      else if (verdict.kind === "pass" || stage.counts === "elapsed") done += 1;
      if (verdict.kind === "pass") {
        if (done >= stage.intervals) return undefined;
        continue;
      }
      if (failures >= threshold) return thresholdSentence(run, verdict.sentence);
      if (run.ports.clock.nowMs() > untilMs) return verdict.sentence;
      run.announce("warning", haltSentence(run.label, verdict.sentence));
    }
  }

  private async tell(done: number): Promise<void> {
    const { run, stage } = this;
    const { strategy } = run.status;
    if (strategy === undefined) return;
    const { kind, stage: place, stages } = strategy;
    const iterations =
      stage.intervals > 1 ? { iteration: Math.min(done, stage.intervals), iterations: stage.intervals } : {};
    await run.journal({ strategy: { kind, stage: place, stages, doing: stage.kind, ...iterations } });
  }

  private async check(intervalEnds: boolean): Promise<Verdict> {
    const { run, sinceMs } = this;
    const { cluster } = run.ports;
    const [object, subject] = await run.persist(() =>
      Promise.all([
        cluster.readRelease(run.signal),
        cluster.readRevisionNodes("primary", run.settings.revision, run.signal),
      ]),
    );
    heedAbort(run, object);
    await keepAtZero(run);
    // Nothing comes after it: it passes on proof.
    const step = { subject, baseline: nobody, weightPercent: 100, weightSinceMs: sinceMs, finalStep: true };
    const assessment = await this.judging.check(step, intervalEnds);
    run.note({ checks: checksOf(assessment) });
    return assessment.verdict;
  }
}

function endsInterval({ kind }: Verdict): boolean {
  return kind === "failNow" || kind === "giveUp";
}
