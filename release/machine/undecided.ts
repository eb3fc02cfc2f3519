import type { Assessment, Verdict } from "../analysis/contract.js";
import { AbortRun, sentenceOf } from "./failure.js";
import type { PausableLimit } from "./limit.js";
import { deadlineSeconds } from "../strategy/index.js";
import type { Run } from "./run.js";

/** When a run that isn't decided ends, and how: rolled back, or held for a person. What wasn't judged is never promoted by itself. */
export class Undecided {
  private heldFor: string | undefined;

  constructor(
    private readonly run: Run,
    private readonly limit: PausableLimit,
  ) {}

  /** What a check's verdict means for a run that may be undecided for too long. Throws AbortRun where it is. */
  verdictOf({ verdict, requestsPerSecond }: Assessment): Verdict {
    this.limit.extendTo(deadlineSeconds(this.run.settings, requestsPerSecond) * 1000);
    if (verdict.kind === "failNow" || verdict.kind === "failedCheck") return verdict;
    if (verdict.kind === "giveUp") return this.end(verdict.sentence);
    if (this.limit.signal.aborted) return this.end(sentenceOf(this.limit.signal.reason));
    return this.heldFor === undefined ? verdict : this.hold(this.heldFor);
  }

  /** Throws AbortRun where an undecided run is rolled back. */
  end(sentence: string): Verdict {
    if (this.run.settings.analysis.onUndecided === "rollback") throw new AbortRun(sentence);
    return this.hold(sentence);
  }

  /** From now on the run stays as it is, until a person promotes or aborts. */
  hold(sentence: string): Verdict {
    const { run } = this;
    if (this.heldFor === undefined)
      run.announce("warning", `${run.label}: ${sentence}; held until it is promoted or aborted`, true);
    this.heldFor ??= sentence;
    return { kind: "hold", reason: "waiting", sentence: `${this.heldFor}; waiting to be promoted or aborted` };
  }
}
