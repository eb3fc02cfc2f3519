import type { Assessment, Observation, Reading } from "../analysis/contract.js";
import { observe, startAnalysis } from "../analysis/index.js";
import type { CheckStatus } from "../model/index.js";
import type { Endpoints, RunEnd } from "../ports/index.js";
import { checkEverySeconds } from "../settings/index.js";
import type { ReleaseSettings } from "../settings/index.js";
import { checkSecondsOf, partsOf, planStages } from "../strategy/index.js";
import type { Part, Population, Split, Stage } from "../strategy/index.js";
import { sentenceOf } from "./failure.js";
import { isLost } from "./lock.js";
import type { Judge, Outcome, Ports } from "./ports.js";
import type { Run } from "./run.js";

/** Our own analysis as the machine's judge: carries its state from one observation to the next. */
export const judge: Judge = (settings, startedAtMs, subject, part) => {
  const { name, namespace, scrapeInterval } = settings;
  let state = startAnalysis(subject === "canary" ? analysisOf(settings, part) : settings.analysis, {
    name,
    namespace,
    startedAtMs,
    scrapeIntervalSeconds: scrapeInterval,
    subject,
    budgetShare: budgetShareOf(settings, subject),
  });
  return (observation) => {
    const observed = observe(state, observation);
    state = observed.state;
    return observed.assessment;
  };
};

/** The parts of a run's plan that judge anything have equal shares. */
function partsOfRun({ analysis }: Pick<ReleaseSettings, "analysis">): readonly Part[] {
  return partsOf(planStages(analysis));
}

/** What one part of the plan judges; the delay is of the first traffic. */
function analysisOf({ analysis }: ReleaseSettings, part: number): ReleaseSettings["analysis"] {
  const metrics = partsOfRun({ analysis })[part]?.metrics ?? analysis.metrics;
  return { ...analysis, metrics: [...metrics], initialDelay: part === 0 ? analysis.initialDelay : 0 };
}

/**
 * One budget for the whole release: a promotion in steps has its half, one in a jump is watched while it gets ready. The
 * parts of the analysis share what it has.
 */
function budgetShareOf(settings: ReleaseSettings, subject: "canary" | "primary"): number {
  const parts = partsOfRun(settings).filter(({ judged }) => judged !== "nobody").length;
  const share = settings.analysis.stepWeightPromotion > 0 ? 0.5 : subject === "canary" ? 0.9 : 0.1;
  return subject === "canary" ? share / Math.max(1, parts) : share;
}

/** One step of a run, as far as what is observed depends on it. */
export interface Step {
  /** Who is judged, and whom it is compared with. */
  readonly subject: Endpoints;
  readonly baseline: Endpoints;
  /** Addresses of the fresh pods of the old revision among those, where there are such. */
  readonly compared?: readonly string[] | undefined;
  /** Share of the subject, percent; undefined where it depends on who comes. */
  readonly weightPercent: number | undefined;
  readonly weightSinceMs: number;
  readonly finalStep: boolean;
  /** What is in effect at the gateway; undefined where that isn't known. */
  readonly split?: Split | undefined;
  readonly judged?: Population | undefined;
}

/** Judges, and keeps the record of each check with all that went into it. */
export class Judging {
  private readonly startedAtMs: number;
  private readonly observe: (observation: Observation) => Assessment;

  constructor(
    private readonly run: Run,
    private readonly subject: "canary" | "primary",
    private readonly part = 0,
  ) {
    this.startedAtMs = run.ports.clock.nowMs();
    this.observe = run.ports.judge(run.settings, this.startedAtMs, subject, part);
  }

  /** One check. */
  async check(step: Step, intervalEnds: boolean): Promise<Assessment> {
    const { run, subject, startedAtMs, part } = this;
    const reading = await readMetrics(run, step.subject.nodes, step.baseline.nodes);
    const observation = {
      nowMs: run.ports.clock.nowMs(),
      reading,
      intervalEnds,
      finalStep: step.finalStep,
      surroundings: {
        subjectNodes: step.subject.nodes,
        baselineNodes: step.baseline.nodes,
        ...(step.compared === undefined ? {} : { comparedNodes: step.compared }),
        subjectReady: step.subject.ready,
        baselineReady: step.baseline.ready,
        ...(step.weightPercent === undefined ? {} : { weightPercent: step.weightPercent }),
        weightSinceMs: step.weightSinceMs,
        ...(step.split === undefined ? {} : { split: step.split }),
        ...(step.judged === undefined || step.judged === "users" ? {} : { judged: step.judged }),
      },
    };
    const assessment = this.observe(observation);
    run.ports.reporter.record({ subject, startedAtMs, part, observation, assessment });
    return assessment;
  }
}

/** Checks at the asked rhythm until the interval is over, or until a check's answer ends it; the last answer. */
export async function checkThroughInterval<T>(
  run: Run,
  { intervalSeconds }: Pick<Stage, "intervalSeconds">,
  check: (intervalEnds: boolean) => Promise<T>,
  ends: (answer: T) => boolean,
): Promise<T> {
  const { clock } = run.ports;
  const everyMs = checkSecondsOf(run.settings.analysis, { intervalSeconds }) * 1000;
  const endsAtMs = clock.nowMs() + intervalSeconds * 1000;
  for (;;) {
    const leftMs = endsAtMs - clock.nowMs();
    // A rest shorter than half a check belongs to the check before it.
    const intervalEnds = leftMs < everyMs * 1.5;
    await run.sleep(Math.max(0, intervalEnds ? leftMs : everyMs));
    const answer = await check(intervalEnds);
    if (intervalEnds || ends(answer)) return answer;
  }
}

/** Enough raw samples to bridge a few lost scrapes. */
const scrapesRead = 5;

export function readMetrics(
  run: Run,
  subjectNodes: readonly string[],
  baselineNodes: readonly string[],
): Promise<Reading> {
  const { analysis, scrapeInterval } = run.settings;
  const windowSeconds = Math.ceil(checkEverySeconds(analysis) + scrapesRead * scrapeInterval);
  return run.ports.metrics.read({ windowSeconds, canaryNodes: subjectNodes, primaryNodes: baselineNodes }, run.signal);
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
  return checks.map(({ metric, verdict, value, limit, unit, requests, confidence }) => ({
    metric,
    verdict,
    value: amount(value, unit),
    limit: amount(limit, unit),
    requests,
    // Never rounded up to certainty.
    confidence: `${Math.floor(10_000 * confidence) / 100}%`,
  }));
}

/** The flush of what was said, and the report, are given so long. */
const lastWordsMs = 2_000;
const reportMs = 3_000;

/** Runs a part of a release and, when the lock is given back and the traffic is where it belongs, stores its report. */
export async function reported(
  { reporter }: Ports,
  part: RunEnd["part"],
  work: () => Promise<Outcome>,
): Promise<Outcome> {
  let end: RunEnd | undefined;
  try {
    const outcome = await work();
    end = endOf(part, outcome);
    return outcome;
  } catch (error) {
    const failed = part === "analysis" ? "failed" : "promotionFailed";
    // Somebody else has taken over: the report will be theirs.
    end = isLost(error) ? undefined : { part, outcome: failed, reason: sentenceOf(error) };
    throw error;
  } finally {
    await reporter.flush(lastWordsMs);
    if (end !== undefined) await reporter.conclude(end, reportMs);
  }
}

function endOf(part: RunEnd["part"], { kind }: Outcome): RunEnd | undefined {
  switch (kind) {
    case "passed":
    case "skipped":
    case "promoted":
      return { part, outcome: kind, reason: "" };
    case "nothingToDo":
    case "healed":
    case "initialized":
    case "alreadyPromoted":
    case "unjudged":
      return undefined;
  }
}
