import type { Assessment, Verdict } from "../analysis/contract.js";
import { deadlineSeconds } from "../analysis/index.js";
import { AbortRun } from "./failure.js";
import type { Run } from "./run.js";

/** When a run that isn't decided ends, and how: rolled back, or held for a person. */
export class Deadline {
  private readonly startedMs: number;
  private checkedMs: number;
  private exemptMs = 0;
  private heldFor: string | undefined;

  constructor(private readonly run: Run) {
    this.startedMs = run.ports.clock.nowMs();
    this.checkedMs = this.startedMs;
  }

  /** One more check. While others are waited for (a closed gate, a pause) a deadline that nobody set stands still. */
  verdictOf(assessment: Assessment, waitsForOthers: boolean): Verdict {
    const nowMs = this.run.ports.clock.nowMs();
    if (waitsForOthers) this.exemptMs += nowMs - this.checkedMs;
    this.checkedMs = nowMs;
    const { verdict } = assessment;
    if (verdict.kind === "failNow" || verdict.kind === "failedCheck") return verdict;
    if (verdict.kind === "giveUp") return this.undecided(verdict.sentence);
    const passed = this.passedBy(nowMs, assessment);
    if (passed !== undefined) return this.undecided(passed);
    return this.heldFor === undefined ? verdict : this.undecided(this.heldFor);
  }

  private passedBy(nowMs: number, { requestsPerSecond }: Assessment): string | undefined {
    const { deadline, analysis } = this.run.settings;
    const exemptMs = deadline === undefined ? this.exemptMs : 0;
    const seconds = deadline ?? Math.ceil(deadlineSeconds(analysis, requestsPerSecond));
    if (nowMs - this.startedMs - exemptMs <= seconds * 1000) return undefined;
    return `not decided within the deadline of ${seconds}s`;
  }

  /** What wasn't judged is never promoted by itself. */
  private undecided(sentence: string): Verdict {
    const { run } = this;
    if (run.settings.analysis.onUndecided === "rollback") throw new AbortRun(sentence);
    if (this.heldFor === undefined)
      run.announce("warning", `${run.label}: ${sentence}; held until it is promoted or aborted`, true);
    this.heldFor ??= sentence;
    return { kind: "hold", reason: "waiting", sentence: `${this.heldFor}; waiting to be promoted or aborted` };
  }
}
