import { stratumName, whole } from "../counting/strata.js";
import type { Tally, Trials } from "../counting/tally.js";
import { emptyTally } from "../counting/tally.js";
import { confidenceOf, logEvidenceBelow } from "../evidence/e-process.js";
import type { AnalysisState } from "../state.js";
import type { Claim } from "./claims.js";
import { isBetweenBounds, runTrials } from "./estimates.js";
import { maxIncreaseOf, trialsBetween } from "./hypotheses.js";
import type { Event, Hypothesis } from "./hypotheses.js";
import { boundAtOrAbove, boundAtOrBelow, quantileMs, slowShareAllowed } from "./latency.js";
import { confidenceText, countText, customText, durationSentence, durationText, successRateText } from "./sentences.js";

/** Sentences about what was found, with the figures behind them. */

export interface Figures {
  /** What was counted in the stretch that is spoken of. */
  readonly subject: Tally;
  /** The same of the other version, where it is compared. */
  readonly baseline: Tally | undefined;
  /** Counts of the subject where they aren't those of its tally. */
  readonly trials?: Trials;
  /** Evidence to quote, as ln E; without it a bare estimate. */
  readonly log?: number;
}

/** `success rate 26.76% < 99% (canary: 104 of 142 requests failed, primary: 1 of 1280 requests failed, confidence 99.99%)` */
export function claimText(state: AnalysisState, claim: Claim, part: string, figures: Figures): string {
  const { hypothesis } = claim;
  const { event } = hypothesis;
  const count = (tally: Tally): Trials => trialsBetween(event, emptyTally, tally, state.boundsMs);
  const trials = figures.trials ?? count(figures.subject);
  const [who, other] = whoOf(state, part);
  const list = [
    `${who}: ${countText(event, trials)}`,
    ...(figures.baseline === undefined
      ? []
      : [`${other}: ${countText(event, count(figures.baseline))}${allowed(claim)}`]),
    ...(figures.log === undefined ? [] : [confidenceText(confidenceOf(figures.log))]),
  ].join(", ");
  return `${headOf(claim, trials, figures.subject, state.boundsMs)} (${list})`;
}

/** `canary` beside `primary`, `pod 10.0.0.2` beside `primary`, `canary's write requests` beside the primary's. */
function whoOf(state: AnalysisState, part: string): readonly [who: string, other: string] {
  const subject = state.context.subject ?? "canary";
  const primary = state.totals.compared === undefined ? "primary" : "baseline";
  const baseline = subject === "primary" ? "the other version" : primary;
  const name = state.strata === undefined ? undefined : stratumName(state.strata, part);
  if (part === whole || name === undefined) return [subject, baseline];
  return part.startsWith("pod ") ? [`${subject}'s ${name}`, baseline] : [`${subject}'s ${name}`, `${baseline}'s`];
}

function allowed({ metric }: Claim): string {
  const maxIncrease = maxIncreaseOf(metric) ?? 0;
  return maxIncrease === 0 ? "" : `, at most ${maxIncrease} points more allowed`;
}

function headOf({ metric, hypothesis }: Claim, trials: Trials, tally: Tally, boundsMs: readonly number[]): string {
  const { event, asked, bad } = hypothesis;
  const share = trials.count === 0 ? 0 : trials.events / trials.count;
  switch (event.kind) {
    case "failed":
    case "succeeded": {
      const percent = 100 * (event.kind === "failed" ? 1 - share : share);
      return successRateText(percent, isBad(percent, asked, bad) ? bad : undefined, asked);
    }
    case "counted":
    case "notCounted": {
      const percent = 100 * (event.kind === "counted" ? share : 1 - share);
      return customText(metric.name, percent, isBad(percent, asked, bad) ? bad : undefined, asked, bad === "below");
    }
    case "slowerThan":
    case "within": {
      const value = quantileMs(tally, boundsMs, 1 - slowShareAllowed) ?? 0;
      return durationSentence(value, isBad(value, asked, bad) ? bad : undefined, asked);
    }
  }
}

function isBad(value: number, limit: number, bad: "below" | "above"): boolean {
  return bad === "below" ? value < limit : value > limit;
}

/** What a limit between two bounds of the gateway's histogram is worth; "" for one at a bound. */
export function betweenBoundsText(state: AnalysisState, { hypothesis }: Claim): string {
  const { boundsMs } = state;
  const { event } = hypothesis;
  if (event.kind !== "slowerThan" || !isBetweenBounds(state, { hypothesis })) return "";
  const below = boundAtOrBelow(boundsMs, event.limitMs);
  const above = boundAtOrAbove(boundsMs, event.limitMs);
  if (above === undefined) return "";
  const between = [below ?? 0, above].map((bound) => durationText(bound)).join(" and ");
  return `; estimated between the gateway's bounds ${between}: a bound at ${durationText(event.limitMs)} would tell`;
}

/** A limit that both versions break alike. */
export function sharedText(sentence: string): string {
  return `${sentence}: both versions alike, so not held against the revision`;
}

export function proofText(state: AnalysisState, { hypothesis }: Claim): string {
  const { promoteWithConfidence } = state.settings;
  const trials = runTrials(state, hypothesis);
  const asked = promoteWithConfidence === false ? 0 : promoteWithConfidence * 100;
  const limit = Number((hypothesis.limit * 100).toFixed(4));
  const now = (confidenceOf(logEvidenceBelow(hypothesis.limit, trials)) * 100).toFixed(2);
  return `not yet proved: at most ${limit}% ${eventName(hypothesis)} at ${Number(asked.toFixed(4))}% confidence (now ${now}% after ${trials.count} requests)`;
}

function eventName({ event }: Pick<Hypothesis, "event">): string {
  const names: Readonly<Record<Event["kind"], string>> = {
    failed: "failed requests",
    succeeded: "successful requests",
    slowerThan: `requests over ${"limitMs" in event ? event.limitMs : 0} ms`,
    within: `requests within ${"limitMs" in event ? event.limitMs : 0} ms`,
    counted: "counted by the numerator",
    notCounted: "not counted by the numerator",
  };
  return names[event.kind];
}

/** Requests that reached neither version, for the sentence that misses them; "" where there are none. */
export function strangersText({ unowned }: AnalysisState): string {
  const strangers = Object.entries(unowned).filter(([, tally]) => tally.requests > 0);
  if (strangers.length === 0) return "";
  const requests = strangers.reduce((sum, [, tally]) => sum + tally.requests, 0);
  const names = strangers.slice(0, 3).map(([node]) => node);
  return ` (${requests} requests went to addresses of neither version: ${names.join(", ")})`;
}
