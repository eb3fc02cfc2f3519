import type { Reading, Verdict } from "../analysis/contract.js";
import type { CheckStatus } from "../model/index.js";
import { backgroundsOf, checkSecondsOf, numberOfAnalysis } from "../strategy/index.js";
import type { Background } from "../strategy/index.js";
import { checksOf, haltSentence, Judging, thresholdSentence } from "./judging.js";
import type { Step } from "./judging.js";
import type { Run } from "./run.js";

/** One that runs: since when, its own interval, its own failed checks. */
interface Running {
  readonly asked: Background;
  readonly judging: Judging;
  readonly endsAtMs: number;
  intervalEndsMs: number;
  failures: number;
  checks: readonly CheckStatus[];
  last: Verdict | undefined;
}

/** What an analysis in the background has against the run. */
export interface Objection {
  readonly kind: "failed" | "undecided";
  readonly sentence: string;
  readonly onFailure: Background["onFailure"];
}

/** Analyses beside the stages: none of them keeps a stage waiting, and one that fails says so. */
export class Backgrounds {
  private waiting: readonly Background[];
  private running: readonly Running[] = [];

  constructor(private readonly run: Run) {
    this.waiting = backgroundsOf(run.settings.analysis);
  }

  /** Of those that run now. */
  get names(): readonly string[] {
    return this.running.map(({ asked }) => asked.name);
  }

  /** What they found last, by their names. */
  get checks(): readonly CheckStatus[] {
    return this.running.flatMap(({ asked, checks }) =>
      checks.map((each) => ({ ...each, metric: `${asked.name}: ${each.metric}` })),
    );
  }

  /** The plan has come to this stage, from 1: those begin that are to. */
  reach(stage: number): void {
    const { run } = this;
    const due = this.waiting.filter(({ from }) => from <= stage);
    if (due.length === 0) return;
    this.waiting = this.waiting.filter(({ from }) => from > stage);
    const nowMs = run.ports.clock.nowMs();
    const begun = due.map((asked): Running => {
      run.announce("info", `Starting ${asked.name} of ${run.label}`);
      const judging = new Judging(run, "canary", numberOfAnalysis(run.settings.analysis, asked.name));
      const [endsAtMs, intervalEndsMs] = [nowMs + asked.forSeconds * 1000, nowMs + asked.intervalSeconds * 1000];
      return { asked, judging, endsAtMs, intervalEndsMs, failures: 0, checks: [], last: undefined };
    });
    this.running = [...this.running, ...begun];
  }

  /** One more look by each; the first that has something against the run. */
  async look(step: Step, reading: Reading): Promise<Objection | undefined> {
    for (const each of this.running) {
      const verdict = await this.lookBy(each, step, reading);
      const objection = this.objectionIn(each, verdict);
      if (objection !== undefined) return objection;
    }
    this.endThose();
    return undefined;
  }

  private async lookBy(each: Running, step: Step, reading: Reading): Promise<Verdict> {
    const { run } = this;
    const nowMs = run.ports.clock.nowMs();
    // A rest shorter than half a check belongs to the check before it.
    const slackMs = checkSecondsOf(run.settings.analysis, each.asked) * 500;
    const intervalEnds = nowMs >= each.intervalEndsMs - slackMs;
    if (intervalEnds) each.intervalEndsMs = nowMs + each.asked.intervalSeconds * 1000;
    // One in which the split may not have been in effect counts for nothing.
    const counts = intervalEnds && step.split !== undefined;
    const assessment = await each.judging.check({ ...step, finalStep: false }, counts, reading);
    each.checks = checksOf(assessment);
    each.last = assessment.verdict;
    return assessment.verdict;
  }

  private objectionIn(each: Running, verdict: Verdict): Objection | undefined {
    const { onFailure } = each.asked;
    switch (verdict.kind) {
      case "pass":
      case "hold":
        return undefined;
      case "failNow":
        return { kind: "failed", sentence: verdict.sentence, onFailure };
      case "giveUp":
        return { kind: "undecided", sentence: verdict.sentence, onFailure };
      case "failedCheck": {
        const { threshold } = this.run.settings.analysis;
        each.failures += 1;
        if (each.failures >= threshold)
          return {
            kind: "failed",
            sentence: thresholdSentence(this.run, verdict.sentence),
            onFailure,
          };
        this.run.announce("warning", haltSentence(this.run.label, verdict.sentence));
        return undefined;
      }
    }
  }

  private endThose(): void {
    const { run } = this;
    const nowMs = run.ports.clock.nowMs();
    const over = this.running.filter(({ endsAtMs }) => nowMs >= endsAtMs);
    if (over.length === 0) return;
    this.running = this.running.filter((each) => !over.includes(each));
    for (const { asked, last } of over) {
      const undecided = last?.kind === "hold" ? `, undecided at last: ${last.sentence}` : "";
      run.announce(
        undecided === "" ? "info" : "warning",
        `${run.label}: ${asked.name} is over, nothing failed${undecided}`,
      );
    }
  }
}
