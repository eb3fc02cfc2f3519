import { binomial, poisson } from "./random.js";
import type { Uniform } from "./random.js";

/** How the requests of one version go wrong. */
export interface Behaviour {
  /** Share of requests that fail, in the mean. */
  readonly failure: number;
  /** Share of requests slower than the limit. */
  readonly slow: number;
  /** Who fails calls it so often in a row, in the mean; 1: every request is a case of its own. */
  readonly retries: number;
  /** Correlation of failures within a second: the share of a second is Beta-distributed around the mean. 0: none. */
  readonly correlation: number;
  /** In so large a share of seconds it fails ten times as often. */
  readonly failureBursts: number;
  /** Share that one of its pods fails instead; undefined where all are alike. */
  readonly onePodFailure: number | undefined;
  /** Share of writes that fails instead; undefined where the method makes no difference. */
  readonly writeFailure: number | undefined;
}

export const healthyTraffic: Behaviour = {
  failure: 0,
  slow: 0,
  retries: 1,
  correlation: 0,
  failureBursts: 0,
  onePodFailure: undefined,
  writeFailure: undefined,
};

/** What one pod answered to requests of one method class within a second. */
export interface Answers {
  readonly pod: number;
  readonly write: boolean;
  readonly requests: number;
  readonly failed: number;
  readonly slow: number;
}

export interface Asked {
  readonly requests: number;
  readonly pods: number;
  readonly writeShare: number;
}

/** A second of one version: who was asked, and how that went. The pods are asked in turn, beginning with `turn`. */
export function answersOf(behaviour: Behaviour, asked: Asked, turn: number, next: Uniform): readonly Answers[] {
  const answers: Answers[] = [];
  const share = failureOfSecond(behaviour, next);
  for (let pod = 0; pod < asked.pods; pod += 1) {
    const place = (pod - (turn % asked.pods) + asked.pods) % asked.pods;
    const requests = Math.floor((asked.requests - place - 1) / asked.pods) + 1;
    if (requests <= 0) continue;
    const writes = binomial(next(), requests, asked.writeShare);
    for (const [write, count] of [
      [false, requests - writes],
      [true, writes],
    ] as const) {
      if (count === 0) continue;
      const failure =
        (pod === 0 ? behaviour.onePodFailure : undefined) ?? (write ? behaviour.writeFailure : undefined) ?? share;
      const slow = binomial(next(), count, behaviour.slow);
      answers.push({ pod, write, ...failing(behaviour, count, failure, next), slow });
    }
  }
  return answers;
}

/** Retries are requests too: whoever fails adds some. */
function failing(
  { retries }: Behaviour,
  count: number,
  failure: number,
  next: Uniform,
): { readonly requests: number; readonly failed: number } {
  if (retries <= 1) return { requests: count, failed: binomial(next(), count, failure) };
  // So many begin a series that the share of all requests is as asked.
  const unlucky = binomial(next(), count, failure / (retries - failure * (retries - 1)));
  let failed = 0;
  for (let user = 0; user < unlucky; user += 1) failed += geometric(next(), retries);
  return { requests: count + failed - unlucky, failed };
}

function failureOfSecond({ failure, failureBursts, correlation }: Behaviour, next: Uniform): number {
  if (correlation > 0) return beta(failure, 1 / correlation - 1, next);
  return next() < failureBursts ? Math.min(1, failure * 10) : failure;
}

/** At least 1, with this mean. */
function geometric(uniform: number, mean: number): number {
  return 1 + Math.floor(Math.log(1 - uniform) / Math.log1p(-1 / mean));
}

/** Beta-distributed with this mean, by Jöhnk's rejection; `size` is the sum of its parameters. */
function beta(mean: number, size: number, next: Uniform): number {
  const a = mean * size;
  const b = (1 - mean) * size;
  for (;;) {
    const x = next() ** (1 / a);
    const y = next() ** (1 / b);
    if (x + y > 0 && x + y <= 1) return x / (x + y);
  }
}

/** Requests of both versions in a second; the burst is drawn whether it is wanted or not. */
export function requestsOfSecond(mean: number, bursty: boolean, next: Uniform): number {
  const uniform = next();
  const burst = bursty ? ([0.2, 0.5, 1, 3][Math.floor(next() * 4)] ?? 1) : 1;
  return poisson(uniform, mean * burst);
}
