import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

export type Uniform = () => number;

/** Numbers between 0 and 1 that depend on nothing but these whole numbers. */
export function uniformsOf(...seeds: readonly number[]): Uniform {
  let hash = 0x9e3779b9;
  for (const seed of seeds) {
    hash = Math.imul(hash ^ (seed | 0), 0x85ebca6b);
    hash ^= hash >>> 13;
    hash = Math.imul(hash, 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  const generator = xoroshiro128plus(hash);
  return () => uniformFloat64(generator);
}

/** Binomial by inversion of one uniform number: the same number gives more for more trials or a higher probability. */
export function binomial(uniform: number, count: number, probability: number): number {
  if (count <= 0 || probability <= 0) return 0;
  if (probability >= 1) return count;
  if (probability > 0.5) return count - binomial(1 - uniform, count, 1 - probability);
  if (count * probability > 600)
    return normalCount(uniform, count * probability, count * probability * (1 - probability), count);
  const odds = probability / (1 - probability);
  let term = Math.exp(count * Math.log1p(-probability));
  let sum = term;
  let events = 0;
  while (uniform > sum && events < count) {
    term *= (odds * (count - events)) / (events + 1);
    events += 1;
    sum += term;
  }
  return events;
}

/** Poisson by inversion of one uniform number. */
export function poisson(uniform: number, mean: number): number {
  if (mean <= 0) return 0;
  if (mean > 600) return normalCount(uniform, mean, mean, Infinity);
  let term = Math.exp(-mean);
  let sum = term;
  let events = 0;
  while (uniform > sum && events < mean + 50 + 20 * Math.sqrt(mean)) {
    events += 1;
    term *= mean / events;
    sum += term;
  }
  return events;
}

/** Large counts, by the logistic approximation of the normal quantile: exact enough for traffic. */
function normalCount(uniform: number, mean: number, variance: number, most: number): number {
  const clipped = Math.min(1 - 1e-12, Math.max(1e-12, uniform));
  const z = Math.log(clipped / (1 - clipped)) / 1.702;
  return Math.min(most, Math.max(0, Math.round(mean + z * Math.sqrt(variance))));
}
