import type { Verdict } from "../analysis/contract.js";
import { askedIn } from "../model/index.js";
import type { Phase } from "../model/index.js";
import type { ReleaseObject } from "../ports/index.js";
import {
  checkSecondsOf,
  gateAfter,
  keepsSplit,
  knownShare,
  partsOf,
  restSplit,
  shownWeight,
  strategyKindOf,
} from "../strategy/index.js";
import type { Split, Stage } from "../strategy/index.js";
import { byWhom, clearCommand, heedAbort, tellAsked } from "./commands.js";
import type { Baseline } from "./baseline.js";
import { Effect } from "./effect.js";
import { AbortRun } from "./failure.js";
import type { Gates } from "./gates.js";
import { checkThroughInterval, haltSentence, thresholdSentence } from "./judging.js";
import type { Step } from "./judging.js";
import type { PausableLimit } from "./limit.js";
import type { Run } from "./run.js";
import { resizeCanary } from "./scale-up.js";
import { interferenceIn, readSnapshot } from "./snapshot.js";
import type { Snapshot } from "./snapshot.js";
import { StageJudging } from "./stage-judging.js";
import { advanceSentence, endOf, pauseOf } from "./stage-sentences.js";
import type { SyncHealth } from "./sync-watch.js";
import { externalEdit } from "./traffic.js";
import type { TrainMember } from "./train.js";
import { Undecided } from "./undecided.js";
import { callWebhooks } from "./webhooks.js";

/** What people ask for beyond a look. */
type Request = "none" | "promote" | "promoteAndSkipGates";

/** Hand-made changes of the route that are put right before the run gives up on them. */
const tolerableCorrections = 3;
const phaseDuring: Phase = "Progressing";

/** Walks the stages of a plan and judges each; returns when the last one has passed, throws AbortRun. */
export class Rollout {
  private corrections = 0;
  private stage: Stage | undefined;
  private split: Split = restSplit;
  private splitSinceMs = 0;
  private finalStep = false;
  private request: Request = "none";
  private paused = false;
  /** Somebody has opened the gate that waited: it is asked for again at once. */
  private approvedNow = false;
  private readonly effect = new Effect();
  private readonly judging: StageJudging;
  private readonly undecided: Undecided;

  constructor(
    private readonly run: Run,
    private readonly templateHash: string,
    private readonly gates: Gates,
    private readonly limit: PausableLimit,
    private readonly train: TrainMember | undefined,
    private readonly baseline: Baseline | undefined,
  ) {
    this.undecided = new Undecided(run, limit);
    this.judging = new StageJudging(run, this.undecided);
  }

  /** From a stage of the plan on, by its index. True where a person promoted it before the stages were over. */
  async through(plan: readonly Stage[], from = 0): Promise<boolean> {
    const partOf = new Map(partsOf(plan).flatMap(({ stages }, part) => stages.map((stage) => [stage, part] as const)));
    for (const [index, stage] of plan.entries()) {
      if (index < from) continue;
      this.finalStep = index === plan.length - 1;
      await this.enter(stage, { stage: index + 1, stages: plan.length }, keepsSplit(plan, index));
      this.judging.judgeAs(stage, partOf.get(stage) ?? 0);
      await this.hold(stage, gateAfter(plan, index));
      if (this.request === "none") continue;
      await this.leaveOnRequest(stage, plan.at(-1)?.webhooks);
      await this.waitForTrain(stage);
      return true;
    }
    const last = plan.at(-1);
    if (last !== undefined) await this.waitForTrain(last);
    return false;
  }

  /** Passed: its users stay, and are looked after, until all others of its train have passed as well. */
  private async waitForTrain(stage: Stage): Promise<void> {
    const { train, limit } = this;
    if (train === undefined) return;
    let opened = await train.isOpen(limit);
    const look = async (intervalEnds: boolean): Promise<Verdict> => {
      const verdict = await this.check(intervalEnds);
      opened = await train.isOpen(limit);
      return verdict;
    };
    while (!opened && !this.skipsGates())
      await this.settle(await checkThroughInterval(this.run, stage, look, () => opened || this.skipsGates()));
  }

  /** The rest of the analysis is left out; the gate before the promotion only where that is asked for as well. */
  private async leaveOnRequest(stage: Stage, ofLast: Stage["webhooks"]): Promise<void> {
    const open = () => this.gates.areOpen("confirm-promotion", undefined, ofLast);
    while (!this.skipsGates() && !(await this.during(open()))) {
      const answer = await this.interval(stage);
      if (answer.kind === "failedCheck") await this.countFailure(answer.sentence);
    }
    await this.gates.pass();
  }

  private skipsGates(): boolean {
    return this.request === "promoteAndSkipGates";
  }

  /** Asks the stage of the gateway, with as many pods as it needs. */
  private async enter(
    stage: Stage,
    place: { readonly stage: number; readonly stages: number },
    keeps: boolean,
  ): Promise<void> {
    const { run } = this;
    await this.resize(stage);
    this.stage = stage;
    const kind = strategyKindOf(run.settings.analysis);
    const several = stage.counts === "passed" && stage.intervals > 1;
    const iterations = several ? { iteration: 0, iterations: stage.intervals } : {};
    const names = this.judging.reach(place.stage);
    const background = names.length === 0 ? {} : { background: names };
    const besides = { ...iterations, ...background, ...endOf(stage, run) };
    await run.journal({ strategy: { kind, ...place, doing: stage.kind, ...besides } });
    if (!keeps) {
      await run.setSplit(stage.split, phaseDuring);
      this.effect.begin(knownShare(this.split), knownShare(stage.split));
      this.split = stage.split;
      this.splitSinceMs = run.ports.clock.nowMs();
    }
    const pause = pauseOf(stage);
    if (pause !== undefined) await this.gates.pauseAt(pause);
    run.announce("info", advanceSentence(run.label, stage, keeps));
  }

  /** Pods first, users then: meanwhile the stage before goes on. */
  private async resize({ replicas, split }: Stage): Promise<void> {
    if (replicas === undefined || this.stage === undefined) return;
    const pods = await this.during(resizeCanary(this.run, replicas, shownWeight(split)));
    await this.baseline?.follow(pods, split);
  }

  /** Stays at the stage, interval by interval, until it is passed and its gate is open. */
  private async hold(stage: Stage, gate: ReturnType<typeof gateAfter>): Promise<void> {
    const pause = pauseOf(stage);
    for (let done = 0; ;) {
      const hooks = callWebhooks(this.run, "rollout", { ofStage: stage.webhooks });
      // Whatever ends the interval ends the run; the hooks' own end is of no interest then.
      hooks.catch(() => undefined);
      const answer = await this.interval(stage);
      if (this.request !== "none") return;
      const refused = await this.during(hooks);
      const verdict = refused === undefined ? answer : ({ kind: "failedCheck", sentence: refused.sentence } as const);
      const settled = await this.settle(verdict);
      if (settled === "passed" || (settled === "held" && stage.counts === "elapsed"))
        done = await this.counted(stage, done + 1);
      const isOver = settled === "passed" && done >= stage.intervals;
      if (isOver && (await this.during(this.gates.areOpen(gate, pause, stage.webhooks)))) return;
      if (this.request !== "none") return;
    }
  }

  /** An interval more has passed, or gone by. */
  private async counted({ counts, intervals }: Stage, done: number): Promise<number> {
    const { run } = this;
    const { strategy } = run.status;
    if (counts === "elapsed" || intervals === 1 || done > intervals || strategy === undefined) return done;
    await run.journal({ iterations: done, strategy: { ...strategy, iteration: done } });
    run.announce("info", `Advance ${run.label} canary iteration ${done}/${intervals}`);
    return done;
  }

  /** Checks until the interval ends, or until people end it; its last verdict. */
  private async interval(stage: Stage): Promise<Verdict> {
    const before = this.request;
    const verdict = await checkThroughInterval(
      this.run,
      stage,
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
        .sleep(this.everyMs())
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
    await this.train?.heed();
    if (effect.beginsAnew) this.splitSinceMs = this.run.ports.clock.nowMs();
    // An interval in which the split may not have been in effect counts for nothing.
    const step = { ...this.step(snapshot, effect.isCertain), compared: await this.baseline?.nodes() };
    const assessment = await this.judging.check(step, intervalEnds && effect.isCertain);
    this.run.note({ checks: this.judging.checksOf(assessment) });
    const verdict = this.undecided.verdictOf(assessment);
    if (verdict.kind === "failNow") throw new AbortRun(verdict.sentence);
    const obstacle = this.effect.obstacleAfter(assessment, this.finalStep);
    if (intervalEnds) await this.run.journal({ checks: this.judging.checksOf(assessment) });
    if (verdict.kind === "failedCheck") return verdict;
    const waitsFor = this.paused ? "paused on request" : obstacle;
    return waitsFor === undefined ? verdict : { kind: "hold", reason: "waiting", sentence: waitsFor };
  }

  private step({ canaryEndpoints, primaryEndpoints }: Snapshot, inEffect: boolean): Step {
    return {
      subject: canaryEndpoints,
      baseline: primaryEndpoints,
      weightPercent: knownShare(this.split),
      weightSinceMs: this.splitSinceMs,
      finalStep: this.finalStep,
      split: inEffect ? this.split : undefined,
      judged: this.stage?.judged,
    };
  }

  private everyMs(): number {
    const { analysis } = this.run.settings;
    return checkSecondsOf(analysis, this.stage ?? { intervalSeconds: analysis.interval }) * 1000;
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
    const found = interferenceIn(snapshot, { split: this.split, templateHash: this.templateHash, sync });
    switch (found.kind) {
      case "none":
        return;
      case "end":
        throw new AbortRun(found.sentence);
      case "wrongSplit":
        this.corrections += 1;
        if (this.corrections > tolerableCorrections)
          throw new AbortRun(`the route's weights were changed from outside ${this.corrections} times`);
        this.run.announce("warning", externalEdit(this.run, found.found, this.split));
        await this.run.setSplit(this.split);
        // What a hand did to users meanwhile is no leak.
        this.splitSinceMs = this.run.ports.clock.nowMs();
    }
  }

  /** What an interval's end means for the run. */
  private async settle(verdict: Verdict): Promise<"passed" | "held" | "failed"> {
    const { run } = this;
    const asked = await this.during(callWebhooks(run, "rollback", { wanted: "any" }));
    if (asked !== undefined) throw new AbortRun(`rollback was asked for by webhook ${asked.webhook}`);
    switch (verdict.kind) {
      case "pass":
        if (verdict.warning !== undefined) run.announce("warning", `${run.label}: ${verdict.warning}`, this.finalStep);
        return "passed";
      case "hold":
        run.announce("warning", haltSentence(run.label, verdict.sentence));
        return "held";
      case "failedCheck":
        await this.countFailure(verdict.sentence);
        return "failed";
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
    if (failedChecks >= threshold) throw new AbortRun(thresholdSentence(run, sentence));
  }
}
