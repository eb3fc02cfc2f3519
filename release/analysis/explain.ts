import { confidenceOf, logEvidenceBelow } from "./e-process.js";
import type { Finding } from "./finding.js";
import { trialsOf } from "./hypotheses.js";
import type { Event, Hypothesis } from "./hypotheses.js";
import { quantileMs, slowShareAllowed } from "./latency.js";
import { confidenceText, countText, durationSentence, successRateText } from "./sentences.js";
import type { AnalysisState } from "./state.js";
import type { Tally } from "./tally.js";

/** Sentences about what was found, with the figures behind them. */

export interface SentenceParts {
  /** Evidence to quote, as ln E; undefined for a bare estimate. */
  readonly log: number | undefined;
  readonly versus: string | undefined;
}

/** `success rate 26.76% < 99% (canary: 104 of 142 requests failed, confidence 99.99%)` */
export function findingText(
  state: AnalysisState,
  hypothesis: Hypothesis,
  tally: Tally,
  { log, versus }: SentenceParts,
): string {
  const who = state.context.subject ?? "canary";
  const figures = [
    `${who}: ${countText(hypothesis.event, trialsOf(hypothesis.event, tally, state.boundsMs))}`,
    ...(versus === undefined ? [] : [versus]),
    ...(log === undefined ? [] : [confidenceText(confidenceOf(log))]),
  ].join(", ");
  return `${headOf(hypothesis, tally, state.boundsMs)} (${figures})`;
}

function headOf({ event, asked, bad }: Hypothesis, tally: Tally, boundsMs: readonly number[]): string {
  if (event.kind === "failed" || event.kind === "succeeded") {
    const percent = tally.requests === 0 ? 100 : 100 * (1 - tally.failed / tally.requests);
    return successRateText(percent, isBad(percent, asked, bad) ? bad : undefined, asked);
  }
  const value = quantileMs(tally, boundsMs, 1 - slowShareAllowed) ?? 0;
  return durationSentence(value, isBad(value, asked, bad) ? bad : undefined, asked);
}

function isBad(value: number, limit: number, bad: "below" | "above"): boolean {
  return bad === "below" ? value < limit : value > limit;
}

export function proofText({ settings }: AnalysisState, { hypothesis, trials }: Finding): string {
  const asked = settings.promoteWithConfidence === false ? 0 : settings.promoteWithConfidence * 100;
  const limit = Number((hypothesis.limit * 100).toFixed(4));
  const now = (confidenceOf(logEvidenceBelow(hypothesis.limit, trials)) * 100).toFixed(2);
  return `not yet proved: at most ${limit}% ${eventName(hypothesis.event)} at ${Number(asked.toFixed(4))}% confidence (now ${now}% after ${trials.count} requests)`;
}

function eventName(event: Event): string {
  switch (event.kind) {
    case "failed":
      return "failed requests";
    case "succeeded":
      return "successful requests";
    case "slowerThan":
      return `requests over ${event.limitMs} ms`;
    case "within":
      return `requests within ${event.limitMs} ms`;
  }
}

/** Requests that reached neither version, for the sentence that misses them; "" where there are none. */
export function strangersText({ unowned }: AnalysisState): string {
  const strangers = Object.entries(unowned).filter(([, tally]) => tally.requests > 0);
  if (strangers.length === 0) return "";
  const requests = strangers.reduce((sum, [, tally]) => sum + tally.requests, 0);
  const names = strangers.slice(0, 3).map(([node]) => node);
  return ` (${requests} requests went to addresses of neither version: ${names.join(", ")})`;
}
