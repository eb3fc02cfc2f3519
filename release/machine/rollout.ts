import type { Verdict } from "../analysis/contract.js";
import { askedIn } from "../model/index.js";
import type { Phase } from "../model/index.js";
import type { ReleaseObject } from "../ports/index.js";
import { checkEverySeconds } from "../settings/index.js";
import { byWhom, clearCommand, heedAbort, tellAsked } from "./commands.js";
import { Effect } from "./effect.js";
import { AbortRun } from "./failure.js";
import type { GateType, Gates } from "./gates.js";
import { checksOf, checkThroughInterval, haltSentence, Judging } from "./judging.js";
import type { Step } from "./judging.js";
import type { PausableLimit } from "./limit.js";
import type { Run } from "./run.js";
import { interferenceIn, readSnapshot } from "./snapshot.js";
import type { Snapshot } from "./snapshot.js";
import type { SyncHealth } from "./sync-watch.js";
import { externalEdit } from "./traffic.js";
import { Undecided } from "./undecided.js";
import { callWebhooks } from "./webhooks.js";

/** What people ask for beyond a look. */
type Request = "none" | "promote" | "promoteAndSkipGates";

/** Hand-made changes of the weights that are put right before the run gives up on them. */
const tolerableCorrections = 3;
const phaseDuring: Phase = "Progressing";

/** Shifts traffic to the canary step by step and judges it; returns when the last step has passed, throws AbortRun. */
export class Rollout {
  private corrections = 0;
  private weight = 0;
  private weightSinceMs = 0;
  private finalStep = false;
  private request: Request = "none";
  private paused = false;
  /** Somebody has opened the gate that waited: it is asked for again at once. */
  private approvedNow = false;
  private readonly effect = new Effect();
  private readonly everyMs: number;
  private readonly judging: Judging;
  private readonly undecided: Undecided;

  constructor(
    private readonly run: Run,
    private readonly templateHash: string,
    private readonly gates: Gates,
    private readonly limit: PausableLimit,
  ) {
    this.everyMs = checkEverySeconds(run.settings.analysis) * 1000;
    this.judging = new Judging(run, "canary");
    this.undecided = new Undecided(run, limit);
  }

  /** True where a person promoted it before the steps were over. */
  async through(steps: readonly number[]): Promise<boolean> {
    for (const [index, weight] of steps.entries()) {
      this.finalStep = index === steps.length - 1;
      await this.advanceTo(weight);
      await this.hold(this.finalStep ? "confirm-promotion" : "confirm-traffic-increase");
      if (this.request === "none") continue;
      await this.leaveOnRequest();
      return true;
    }
    return false;
  }

  /** The rest of the analysis is left out; the gate before the promotion only where that is asked for as well. */
  private async leaveOnRequest(): Promise<void> {
    while (!this.skipsGates() && !(await this.during(this.gates.areOpen("confirm-promotion")))) {
      const answer = await this.interval();
      if (answer.kind === "failedCheck") await this.countFailure(answer.sentence);
    }
    await this.gates.pass();
  }

  private skipsGates(): boolean {
    return this.request === "promoteAndSkipGates";
  }

  private async advanceTo(weight: number): Promise<void> {
    await this.run.setWeight(weight, phaseDuring);
    this.effect.begin(this.weight, weight);
    this.weight = weight;
    this.weightSinceMs = this.run.ports.clock.nowMs();
    this.run.announce("info", `Advance ${this.run.label} canary weight ${weight}`);
  }

  /** Stays at the weight, interval by interval, until the step is passed and its gate is open. */
  private async hold(gate: GateType): Promise<void> {
    for (;;) {
      const hooks = callWebhooks(this.run, "rollout");
      // Whatever ends the interval ends the run; the hooks' own end is of no interest then.
      hooks.catch(() => undefined);
      const answer = await this.interval();
      if (this.request !== "none") return;
      const refused = await this.during(hooks);
      const verdict = refused === undefined ? answer : ({ kind: "failedCheck", sentence: refused.sentence } as const);
      const passed = await this.settle(verdict, gate);
      if (passed || this.request !== "none") return;
    }
  }

  /** Checks until the interval ends, or until people end it; its last verdict. */
  private async interval(): Promise<Verdict> {
    const before = this.request;
    const verdict = await checkThroughInterval(
      this.run,
      (intervalEnds) => this.check(intervalEnds),
      () => this.request !== before || this.approvedNow,
    );
    this.approvedNow = false;
    return verdict;
  }

  /** Goes on checking while a webhook answers: one that hangs must not keep a bad canary in traffic. */
  private async during<T>(work: Promise<T>): Promise<T> {
    const state = { settled: false };
    const settled = work.then(
      () => (state.settled = true),
      () => (state.settled = true),
    );
    for (;;) {
      const next = new AbortController();
      const tick = this.run
        .until(next.signal)
        .sleep(this.everyMs)
        .catch(() => undefined);
      await Promise.race([settled, tick]);
      next.abort(new Error("settled"));
      if (state.settled) return work;
      this.run.signal.throwIfAborted();
      await this.check(false);
    }
  }

  /** One look at everything. Throws AbortRun when it ends the run. */
  private async check(intervalEnds: boolean): Promise<Verdict> {
    const snapshot = await readSnapshot(this.run);
    if (snapshot === undefined) return { kind: "hold", reason: "error", sentence: "the Kubernetes API server is away" };
    const effect = this.effect.see(snapshot.route?.sync, this.run.ports.clock.nowMs());
    await this.interfere(snapshot, effect.health);
    await this.listen(snapshot.object);
    if (effect.beginsAnew) this.weightSinceMs = this.run.ports.clock.nowMs();
    // An interval in which the weight may not have been in effect counts for nothing.
    const assessment = await this.judging.check(this.step(snapshot), intervalEnds && effect.isCertain);
    this.run.note({ checks: checksOf(assessment) });
    const verdict = this.undecided.verdictOf(assessment);
    if (verdict.kind === "failNow") throw new AbortRun(verdict.sentence);
    const obstacle = this.effect.obstacleAfter(assessment, this.finalStep);
    if (intervalEnds) await this.run.journal({ checks: checksOf(assessment) });
    if (verdict.kind === "failedCheck") return verdict;
    const waitsFor = this.paused ? "paused on request" : obstacle;
    return waitsFor === undefined ? verdict : { kind: "hold", reason: "waiting", sentence: waitsFor };
  }

  private step({ canaryEndpoints, primaryEndpoints }: Snapshot): Step {
    return {
      subject: canaryEndpoints,
      baseline: primaryEndpoints,
      weightPercent: this.weight,
      weightSinceMs: this.weightSinceMs,
      finalStep: this.finalStep,
    };
  }

  /** What people ask for now. Throws AbortRun where it is the end. */
  private async listen(object: ReleaseObject | undefined): Promise<void> {
    const { run } = this;
    heedAbort(run, object);
    this.obeyPause(object?.commands.pause);
    if (await this.gates.hear(object)) this.approvedNow = true;
    const text = object?.commands.promote;
    if (text === undefined) return;
    const gates = askedIn(text).skipGates ? " and without asking its gates" : "";
    run.announce("warning", `Promoting ${run.label} on request of ${byWhom(text)}, without further checks${gates}`);
    await clearCommand(run, "promote");
    this.request = gates === "" ? "promote" : "promoteAndSkipGates";
  }

  private obeyPause(text: string | undefined): void {
    const paused = text !== undefined;
    if (paused === this.paused) return;
    this.paused = paused;
    if (paused) {
      this.limit.pause("pause");
      tellAsked(this.run, "pause", text);
    } else {
      this.limit.resume("pause");
      this.run.announce("info", `${this.run.label}: pause was taken back`);
    }
  }

  private async interfere(snapshot: Snapshot, sync: SyncHealth): Promise<void> {
    const found = interferenceIn(snapshot, { weight: this.weight, templateHash: this.templateHash, sync });
    switch (found.kind) {
      case "none":
        return;
      case "end":
        throw new AbortRun(found.sentence);
      case "wrongWeight":
        this.corrections += 1;
        if (this.corrections > tolerableCorrections)
          throw new AbortRun(`the route's weights were changed from outside ${this.corrections} times`);
        this.run.announce("warning", externalEdit(this.run, found.found, this.weight));
        await this.run.setWeight(this.weight);
    }
  }

  /** What an interval's end means for the run; true: the step is passed. */
  private async settle(verdict: Verdict, gate: GateType): Promise<boolean> {
    const { run } = this;
    const asked = await this.during(callWebhooks(run, "rollback", "any"));
    if (asked !== undefined) throw new AbortRun(`rollback was asked for by webhook ${asked.webhook}`);
    switch (verdict.kind) {
      case "pass":
        if (verdict.warning !== undefined) run.announce("warning", `${run.label}: ${verdict.warning}`, this.finalStep);
        return this.during(this.gates.areOpen(gate));
      case "hold":
        run.announce("warning", haltSentence(run.label, verdict.sentence));
        return false;
      case "failedCheck":
        await this.countFailure(verdict.sentence);
        return false;
      case "failNow":
      case "giveUp":
        throw new AbortRun(verdict.sentence);
    }
  }

  private async countFailure(sentence: string): Promise<void> {
    const { run } = this;
    const { threshold } = run.settings.analysis;
    const failedChecks = run.status.failedChecks + 1;
    await run.journal({ failedChecks });
    run.announce("warning", haltSentence(run.label, sentence));
    if (failedChecks >= threshold) throw new AbortRun(`failed checks threshold reached ${threshold}: ${sentence}`);
  }
}
