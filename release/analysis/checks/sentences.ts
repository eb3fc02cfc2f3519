import type { Trials } from "../counting/tally.js";
import type { Event } from "./hypotheses.js";

/** Wording: Flagger's form first, so that people and scripts find it; then the figures. */

/** `26.76%`; a value beyond its limit never rounds back to it. */
function percentText(percent: number, bad: "below" | "above"): string {
  const hundredths = bad === "below" ? Math.floor(percent * 100 + 1e-9) : Math.ceil(percent * 100 - 1e-9);
  return `${(hundredths / 100).toFixed(2)}%`;
}

/** As Go prints durations: `500ms`, `1.2s`, `1m2.5s`. */
export function durationText(milliseconds: number): string {
  if (milliseconds < 1000) return `${trimmed(milliseconds, 1)}ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${trimmed(seconds, 2)}s`;
  const minutes = Math.floor(seconds / 60);
  return `${minutes}m${trimmed(seconds - minutes * 60, 1)}s`;
}

/** `success rate 26.76% < 99%` */
export function successRateText(percent: number, bad: "below" | "above" | undefined, limit: number): string {
  return `success rate ${percentText(percent, bad ?? "below")} ${sign(bad, "below")} ${plain(limit)}%`;
}

/** `request duration 1.2s > 500ms` */
export function durationSentence(milliseconds: number, bad: "below" | "above" | undefined, limitMs: number): string {
  return `request duration ${durationText(milliseconds)} ${sign(bad, "above")} ${durationText(limitMs)}`;
}

/** `NAME 7.00 > 5` */
export function customText(
  name: string,
  value: number,
  bad: "below" | "above" | undefined,
  limit: number,
  limitIsLowest: boolean,
): string {
  return `${name} ${value.toFixed(2)} ${sign(bad, limitIsLowest ? "below" : "above")} ${plain(limit)}`;
}

/** `38 of 142 requests failed` */
export function countText(event: Event, { count, events }: Trials): string {
  if (event.kind === "counted") return `${events} of ${count} counted`;
  if (event.kind === "notCounted") return `${count - events} of ${count} counted`;
  const of = `${events} of ${count} requests`;
  switch (event.kind) {
    case "failed":
      return `${of} failed`;
    case "succeeded":
      return `${of} succeeded`;
    case "slowerThan":
      return `${of} took longer than ${durationText(event.limitMs)}`;
    case "within":
      return `${of} took at most ${durationText(event.limitMs)}`;
  }
}

/** `confidence 99.99%`: never rounded up to certainty. */
export function confidenceText(confidence: number): string {
  if (confidence >= 0.9999995) return "confidence over 99.9999%";
  const digits = confidence > 0.9999 ? 4 : 2;
  const scale = 10 ** (digits + 2);
  return `confidence ${((Math.floor(confidence * scale) / scale) * 100).toFixed(digits)}%`;
}

export function noValuesText(metric: string, name: string, namespace: string): string {
  return `no values found for apisix metric ${metric} probably ${name}.${namespace} is not receiving traffic`;
}

function sign(bad: "below" | "above" | undefined, usual: "below" | "above"): string {
  if (bad === undefined) return usual === "below" ? ">=" : "<=";
  return bad === "below" ? "<" : ">";
}

function plain(value: number): string {
  return trimmed(value, 4);
}

function trimmed(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}
