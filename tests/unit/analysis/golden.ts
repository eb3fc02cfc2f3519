/**
 * Values computed once with SciPy 1.17 (double precision), independently of the code: by numerical integration,
 * SciPy's distributions and its root finders, not by the closed forms that the code uses.
 *
 * - above, below: ln of the integral of the likelihood ratio (q/p0)^k ((1-q)/(1-p0))^(n-k) over the Beta prior truncated at p0,
 *   `scipy.integrate.quad` piecewise, the prior's singular ends as `weight="alg"`; Beta(0.1, 0.7) above p0, Beta(0.1, 1) below.
 * - tails: `scipy.stats.binom.sf(k - 1, n, p)`.
 * - blocks: the null's nearest point by `scipy.optimize.brentq` on the divergence's slope, then the five log ratios.
 * - expectedFailures: the larger of T*e and the root of -A + T (1 + ln(A / T)) = ln e by `scipy.optimize.brentq`.
 * - upperBounds: `scipy.stats.beta.ppf(0.95, k + 1, n - k)`.
 */

/** limit, trials, events, ln E */
export const above: readonly (readonly [number, number, number, number])[] = [
  [0.01, 1, 1, 3.425277011455063],
  [0.01, 4, 4, 16.261372451706503],
  [0.01, 20, 5, 10.396138011795165],
  [0.01, 100, 0, -2.397153315992543],
  [0.01, 100, 1, -1.8622555528235387],
  [0.01, 300, 15, 10.187218294790636],
  [0.01, 2500, 50, 6.894852062179908],
  [0.01, 10000, 130, 0.7416774311949745],
  [0.001, 500, 4, 2.8572693210732094],
  [0.05, 200, 30, 11.888672229287844],
  [0.2, 60, 40, 28.74884125623876],
  [0.01, 1000, 990, 4498.305810155863],
];

export const below: readonly (readonly [number, number, number, number])[] = [
  [0.01, 100, 0, 0.9306036168199323],
  [0.01, 712, 0, 6.909586225416679],
  [0.01, 2000, 5, 5.804322256516409],
  [0.01, 300, 3, -2.5159638018502735],
  [0.05, 200, 2, 3.0677431299879787],
  [0.001, 5000, 0, 4.791530993492933],
  [0.01, 100, 5, -3.765411688429632],
];

/** limit, trials, events, p-value */
export const tails: readonly (readonly [number, number, number, number])[] = [
  [0.01, 10, 1, 0.09561792499119552],
  [0.01, 20, 5, 1.3677986328934107e-6],
  [0.01, 120, 4, 0.032984912238996876],
  [0.01, 3000, 45, 0.006027973344818402],
  [0.05, 100, 5, 0.5640186993142899],
  [0.5, 7, 7, 0.0078125],
  [0.001, 20000, 40, 5.267621868530425e-5],
  [0.01, 200, 0, 1.0],
];

type Counts = readonly [count: number, events: number];
export interface GoldenBlock {
  readonly subject: Counts;
  readonly baseline: Counts;
  readonly past: Counts;
  readonly maxIncrease: number;
  readonly logs: readonly number[];
}
export const blocks: readonly GoldenBlock[] = [
  {
    subject: [10, 4],
    baseline: [90, 1],
    past: [500, 3],
    maxIncrease: 0.01,
    logs: [1.6424883082847437, 3.468568296761429, 5.8005865045441265, 6.851625570789586, 0.6219343749950408],
  },
  {
    subject: [200, 10],
    baseline: [1800, 20],
    past: [0, 0],
    maxIncrease: 0.005,
    logs: [0.11176678845532706, 0.28004766976789597, 0.24660212041465002, -6.5741198108223955, -249.36055036298012],
  },
  {
    subject: [50, 0],
    baseline: [50, 0],
    past: [100, 2],
    maxIncrease: 0.02,
    logs: [-0.1312584672308459, -0.3384059251404494, -0.8130570721397792, -2.5665684673975253, -56.41414713316771],
  },
  {
    subject: [30, 3],
    baseline: [300, 30],
    past: [400, 2],
    maxIncrease: 0.01,
    logs: [-0.5824198736662254, -2.930841829609788, -13.926770948584014, -40.37787238464959, -108.8125114881118],
  },
];

/** threshold, error, expected failures */
export const expected: readonly (readonly [number, number, number])[] = [
  [1, 0.0002, 0.0002],
  [2, 0.0002, 0.010459762418509553],
  [5, 0.0001, 0.31018275896494474],
  [10, 0.0002, 1.8976839498055265],
  [10, 0.001, 2.3267867547718577],
];

/** events, runs, one-sided 95% bound */
export const upperBounds: readonly (readonly [number, number, number])[] = [
  [0, 1497, 0.0019991561833475357],
  [0, 20000, 0.00014977539622296283],
  [2, 5000, 0.001258617924966361],
  [25, 20000, 0.0017453711655083606],
];
