import type { Assessment, Observation, Reading, Verdict } from "../analysis/contract.js";
import type { CheckStatus, Phase } from "../model/index.js";
import { checkEverySeconds } from "../settings/index.js";
import type { WebhookType } from "../settings/index.js";
import { Against, ReleaseFailed } from "./failure.js";
import { judgeOnRecord } from "./record.js";
import type { Run } from "./run.js";
import { interferenceIn, lookAround } from "./watch.js";
import type { Look } from "./watch.js";
import { callWebhooks, ClosedGates } from "./webhooks.js";
import { outsideChange } from "./weights.js";

/** Hand-made changes of the weights that are put right before the run gives up on them. */
const tolerableCorrections = 3;
const phaseDuring: Phase = "Progressing";

/** Shifts traffic to the canary step by step and judges it; returns when the last step has passed, throws Against. */
export class Rollout {
  private corrections = 0;
  private weight = 0;
  private weightSinceMs = 0;
  private finalStep = false;
  private promotedByHand = false;
  private readonly everyMs: number;
  private readonly closedGates: ClosedGates;
  private readonly observe: (observation: Observation) => Assessment;

  constructor(
    private readonly run: Run,
    private readonly templateHash: string,
  ) {
    this.everyMs = checkEverySeconds(run.settings.analysis) * 1000;
    this.observe = judgeOnRecord(run, "canary");
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
  private async interval(): Promise<Verdict> {
    const { clock } = this.run.ports;
    const endsAt = clock.nowMs() + this.run.settings.analysis.interval * 1000;
    for (;;) {
      const leftMs = endsAt - clock.nowMs();
      // A rest shorter than half a check belongs to the check before it.
      const last = leftMs < this.everyMs * 1.5;
      await this.run.sleep(Math.max(0, last ? leftMs : this.everyMs));
      const verdict = await this.check(last);
      if (last || this.promotedByHand) return verdict;
    }
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

  /** One look at everything. Throws Against when it ends the run. */
  private async check(intervalEnds: boolean): Promise<Verdict> {
    const look = await lookAround(this.run);
    if (look === undefined) return { kind: "hold", reason: "error", sentence: "the Kubernetes API server is away" };
    await this.interfere(look);
    if (look.object?.commands.promote !== undefined) return this.promoteByHand();
    // What is not in effect yet can't have been followed.
    if (look.route?.sync.kind === "pending") this.weightSinceMs = this.run.ports.clock.nowMs();
    const assessment = this.observe(await this.observation(look, intervalEnds));
    const { verdict } = assessment;
    if (verdict.kind === "failNow" || verdict.kind === "giveUp") throw new Against(verdict.sentence);
    if (intervalEnds) await this.run.journal({ checks: checksOf(assessment) });
    return verdict.kind === "pass" || verdict.kind === "hold" ? (heldBack(look) ?? verdict) : verdict;
  }

  private async promoteByHand(): Promise<Verdict> {
    this.run.announce("warning", `Promoting ${this.run.label} on request, without further checks`);
    await this.run.persist(() => this.run.ports.cluster.clearCommand("promote", this.run.signal));
    this.promotedByHand = true;
    return { kind: "pass" };
  }

  private async interfere(look: Look): Promise<void> {
    const found = interferenceIn(look, { weight: this.weight, templateHash: this.templateHash });
    switch (found.kind) {
      case "none":
        return;
      case "end":
        throw new Against(found.sentence);
      case "wrongWeight":
        this.corrections += 1;
        if (this.corrections > tolerableCorrections)
          throw new Against(`the route's weights were changed from outside ${this.corrections} times`);
        this.run.announce("warning", outsideChange(this.run, found.found, this.weight));
        await this.run.setWeight(this.weight);
    }
  }

  private async observation(look: Look, intervalEnds: boolean): Promise<Observation> {
    const { canaryEndpoints, primaryEndpoints } = look;
    const reading = await readMetrics(this.run, canaryEndpoints.nodes, primaryEndpoints.nodes);
    return {
      nowMs: this.run.ports.clock.nowMs(),
      reading,
      intervalEnds,
      finalStep: this.finalStep,
      surroundings: {
        subjectNodes: canaryEndpoints.nodes,
        baselineNodes: primaryEndpoints.nodes,
        subjectReady: canaryEndpoints.ready,
        baselineReady: primaryEndpoints.ready,
        weightPercent: this.weight,
        weightSinceMs: this.weightSinceMs,
      },
    };
  }

  /** What an interval's end means for the run; true: the step is passed. */
  private async settle(verdict: Verdict, gate: WebhookType): Promise<boolean> {
    const { run } = this;
    const asked = await this.during(callWebhooks(run, "rollback", "any"));
    if (asked !== undefined) throw new Against(`rollback was asked for by webhook ${asked.webhook}`);
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
        throw new Against(verdict.sentence);
    }
  }

  private async countFailure(sentence: string): Promise<void> {
    const { run } = this;
    const { threshold } = run.settings.analysis;
    const failedChecks = run.status.failedChecks + 1;
    await run.journal({ failedChecks });
    run.announce("warning", haltSentence(run.label, sentence));
    if (failedChecks >= threshold) throw new Against(`failed checks threshold reached ${threshold}: ${sentence}`);
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

/** Enough raw samples to bridge a few lost scrapes. */
const scrapesRead = 5;

export function readMetrics(
  run: Run,
  canaryNodes: readonly string[],
  primaryNodes: readonly string[],
): Promise<Reading> {
  const { analysis, scrapeInterval } = run.settings;
  const windowSeconds = Math.ceil(checkEverySeconds(analysis) + scrapesRead * scrapeInterval);
  return run.ports.metrics.read({ windowSeconds, canaryNodes, primaryNodes }, run.signal);
}

/** Flagger names the release, but not where the sentence does so itself. */
export function haltSentence(label: string, sentence: string): string {
  return sentence.startsWith("no values found")
    ? `Halt advancement ${sentence}`
    : `Halt ${label} advancement ${sentence}`;
}

export function checksOf({ checks }: Assessment): readonly CheckStatus[] {
  const amount = (value: number | undefined, unit: string): string =>
    value === undefined ? "-" : `${Number(value.toFixed(2))}${unit}`;
  return checks.map(({ metric, verdict, value, limit, unit, requests }) => ({
    metric,
    verdict,
    value: amount(value, unit),
    limit: amount(limit, unit),
    requests,
  }));
}

export function failureOf(run: Run, sentence: string): ReleaseFailed {
  const { revision } = run.settings;
  const kept =
    run.status.promotedRevision === undefined ? "the earlier revision" : `revision ${run.status.promotedRevision}`;
  return new ReleaseFailed(
    `${run.label}: revision ${revision} taken back: ${sentence}; the primary still serves ${kept}`,
  );
}

/** What keeps a step that has passed from being left: a person, or a gateway that does not follow its routes now. */
function heldBack({ object, route }: Look): Verdict | undefined {
  const waiting = (sentence: string): Verdict => ({ kind: "hold", reason: "waiting", sentence });
  if (object?.commands.pause !== undefined) return waiting("paused on request");
  // Without a controller the new primary pods' addresses would not reach the gateway either.
  if (route?.sync.kind === "pending") return waiting("the ingress controller has not taken up the route's weights yet");
  return undefined;
}
