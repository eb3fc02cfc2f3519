import type { Verdict } from "../analysis/contract.js";
import type { Phase } from "../model/index.js";
import { checkEverySeconds } from "../settings/index.js";
import type { WebhookType } from "../settings/index.js";
import { AbortRun } from "./failure.js";
import { checksOf, checkThroughInterval, haltSentence, Judging } from "./judging.js";
import type { Step } from "./judging.js";
import type { Run } from "./run.js";
import { interferenceIn, readSnapshot } from "./snapshot.js";
import type { Snapshot } from "./snapshot.js";
import { externalEdit } from "./traffic.js";
import { callWebhooks, ClosedGates } from "./webhooks.js";

/** Hand-made changes of the weights that are put right before the run gives up on them. */
const tolerableCorrections = 3;
const phaseDuring: Phase = "Progressing";

/** Shifts traffic to the canary step by step and judges it; returns when the last step has passed, throws AbortRun. */
export class Rollout {
  private corrections = 0;
  private weight = 0;
  private weightSinceMs = 0;
  private finalStep = false;
  private promotedByHand = false;
  private readonly everyMs: number;
  private readonly closedGates: ClosedGates;
  private readonly judging: Judging;

  constructor(
    private readonly run: Run,
    private readonly templateHash: string,
  ) {
    this.everyMs = checkEverySeconds(run.settings.analysis) * 1000;
    this.judging = new Judging(run, "canary");
    this.closedGates = new ClosedGates(run);
  }

  /** True where a person promoted it before the steps were over. */
  async through(steps: readonly number[]): Promise<boolean> {
    for (const [index, weight] of steps.entries()) {
      this.finalStep = index === steps.length - 1;
      await this.advanceTo(weight);
      await this.hold(this.finalStep ? "confirm-promotion" : "confirm-traffic-increase");
      if (this.promotedByHand) return true;
    }
    return false;
  }

  private async advanceTo(weight: number): Promise<void> {
    await this.run.setWeight(weight, phaseDuring);
    this.weight = weight;
    this.weightSinceMs = this.run.ports.clock.nowMs();
    this.run.announce("info", `Advance ${this.run.label} canary weight ${weight}`);
  }

  /** Stays at the weight, interval by interval, until the step is passed and its gate is open. */
  private async hold(gate: WebhookType): Promise<void> {
    for (;;) {
      const hooks = callWebhooks(this.run, "rollout");
      // Whatever ends the interval ends the run; the hooks' own end is of no interest then.
      hooks.catch(() => undefined);
      const answer = await this.interval();
      if (this.promotedByHand) return;
      const refused = await this.during(hooks);
      const verdict = refused === undefined ? answer : ({ kind: "failedCheck", sentence: refused.sentence } as const);
      const passed = await this.settle(verdict, gate);
      if (passed || this.promotedByHand) return;
    }
  }

  /** Checks until the interval ends; its last verdict. */
  private interval(): Promise<Verdict> {
    return checkThroughInterval(
      this.run,
      (intervalEnds) => this.check(intervalEnds),
      () => this.promotedByHand,
    );
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
    await this.interfere(snapshot);
    if (snapshot.object?.commands.promote !== undefined) return this.promoteByHand();
    // What is not in effect yet can't have been followed.
    if (snapshot.route?.sync.kind === "pending") this.weightSinceMs = this.run.ports.clock.nowMs();
    const assessment = await this.judging.check(this.step(snapshot), intervalEnds);
    this.run.note({ checks: checksOf(assessment) });
    const { verdict } = assessment;
    if (verdict.kind === "failNow" || verdict.kind === "giveUp") throw new AbortRun(verdict.sentence);
    if (intervalEnds) await this.run.journal({ checks: checksOf(assessment) });
    return verdict.kind === "pass" || verdict.kind === "hold" ? (heldBack(snapshot) ?? verdict) : verdict;
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

  private async promoteByHand(): Promise<Verdict> {
    this.run.announce("warning", `Promoting ${this.run.label} on request, without further checks`);
    await this.run.persist(() => this.run.ports.cluster.clearCommand("promote", this.run.signal));
    this.promotedByHand = true;
    return { kind: "pass" };
  }

  private async interfere(snapshot: Snapshot): Promise<void> {
    const found = interferenceIn(snapshot, { weight: this.weight, templateHash: this.templateHash });
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
  private async settle(verdict: Verdict, gate: WebhookType): Promise<boolean> {
    const { run } = this;
    const asked = await this.during(callWebhooks(run, "rollback", "any"));
    if (asked !== undefined) throw new AbortRun(`rollback was asked for by webhook ${asked.webhook}`);
    switch (verdict.kind) {
      case "pass":
        return this.gateOpens(gate);
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

  private async gateOpens(gate: WebhookType): Promise<boolean> {
    const refused = await this.during(callWebhooks(this.run, gate));
    if (refused === undefined) return true;
    const object = await this.run.persist(() => this.run.ports.cluster.readRelease(this.run.signal));
    if (object?.commands.approve !== undefined) {
      await this.run.persist(() => this.run.ports.cluster.clearCommand("approve", this.run.signal));
      return true;
    }
    this.closedGates.announce(refused);
    return false;
  }
}

/** What keeps a step that has passed from being left: a person, or a gateway that does not follow its routes now. */
function heldBack({ object, route }: Snapshot): Verdict | undefined {
  const waiting = (sentence: string): Verdict => ({ kind: "hold", reason: "waiting", sentence });
  if (object?.commands.pause !== undefined) return waiting("paused on request");
  // Without a controller the new primary pods' addresses would not reach the gateway either.
  if (route?.sync.kind === "pending") return waiting("the ingress controller has not applied the route's weights yet");
  return undefined;
}
