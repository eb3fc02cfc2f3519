import type { Assessment, Observation, Reading, Verdict } from "../analysis/contract.js";
import { observe, startAnalysis } from "../analysis/index.js";
import type { CheckStatus } from "../model/index.js";
import type { Endpoints, RunEnd } from "../ports/index.js";
import { checkEverySeconds } from "../settings/index.js";
import type { ReleaseSettings } from "../settings/index.js";
import { analysesOf, checkSecondsOf, isPromotedInSteps } from "../strategy/index.js";
import type { Population, Split, Stage } from "../strategy/index.js";
import { sentenceOf } from "./failure.js";
import { isLost } from "./lock.js";
import type { Judge, Outcome, Ports } from "./ports.js";
import type { Run } from "./run.js";

/** Our own analysis as the machine's judge: carries its state from one observation to the next. */
export const judge: Judge = (settings, startedAtMs, subject, part) => {
  const { name, namespace, scrapeInterval } = settings;
  let state = startAnalysis(analysisOf(settings, subject, part), {
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

/** Of all that a release has; a promotion is judged by the settings' own metrics until the primary has all users. */
function oneOf({ analysis }: ReleaseSettings, subject: "canary" | "primary", part: number) {
  const found = analysesOf(analysis)[part];
  return found?.subject === subject ? found : undefined;
}

/** What one analysis judges; the delay is of the first traffic. */
function analysisOf(
  settings: ReleaseSettings,
  subject: "canary" | "primary",
  part: number,
): ReleaseSettings["analysis"] {
  const { analysis } = settings;
  const one = oneOf(settings, subject, part);
  if (subject === "primary" && one === undefined) return analysis;
  const { metrics = analysis.metrics, intervalSeconds: interval = analysis.interval } = one ?? {};
  return {
    ...analysis,
    metrics: [...metrics],
    interval,
    initialDelay: one?.isFirst === true ? analysis.initialDelay : 0,
  };
}

/**
 * One budget for the whole release: a promotion in steps has its half, one in a jump is watched while it gets ready. The
 * analyses of each side share what it has.
 */
function budgetShareOf({ analysis }: ReleaseSettings, subject: "canary" | "primary"): number {
  const own = analysesOf(analysis).filter((each) => each.subject === subject && each.judgesNobody !== true).length;
  const share = isPromotedInSteps(analysis) ? 0.5 : subject === "canary" ? 0.9 : 0.1;
  return share / (subject === "canary" ? Math.max(1, own) : 1 + own);
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
  private readonly name: string | undefined;

  /** @param part number of the analysis, of `analysesOf` */
  constructor(
    private readonly run: Run,
    private readonly subject: "canary" | "primary",
    private readonly part = 0,
  ) {
    this.name = oneOf(run.settings, subject, part)?.name;
    this.startedAtMs = run.ports.clock.nowMs();
    this.observe = run.ports.judge(run.settings, this.startedAtMs, subject, part);
  }

  /** One check; by what another one has just read, where that is given. */
  async check(step: Step, intervalEnds: boolean, given?: Reading): Promise<Assessment> {
    const { run, subject, startedAtMs, part, name } = this;
    const reading = given ?? (await readMetrics(run, step.subject.nodes, step.baseline.nodes));
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
    const called = name === undefined ? {} : { name };
    run.ports.reporter.record({ subject, startedAtMs, part, ...called, observation, assessment });
    return name === undefined ? assessment : { ...assessment, verdict: by(name, assessment.verdict) };
  }
}

/** Who says so comes first. */
function by(name: string, verdict: Verdict): Verdict {
  if (verdict.kind !== "pass") return { ...verdict, sentence: `${name}: ${verdict.sentence}` };
  return verdict.warning === undefined ? verdict : { ...verdict, warning: `${name}: ${verdict.warning}` };
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

/** Why a run ends by checks none of which would have ended it. */
export function thresholdSentence({ settings }: Pick<Run, "settings">, sentence: string): string {
  return `failed checks threshold reached ${settings.analysis.threshold}: ${sentence}`;
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
