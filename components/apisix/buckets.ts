/**
 * Upper bounds of the latency histogram where nobody says otherwise, ms: the plugin's own, so that dashboards made for
 * them keep working, and the limits between them that people set most.
 */
export const defaultLatencyBuckets: readonly number[] = [
  1, 2, 5, 10, 20, 50, 75, 100, 150, 200, 250, 300, 400, 500, 750, 1000, 1500, 2000, 3000, 5000, 10_000, 30_000, 60_000,
];

const mostBuckets = 60;
const longestMs = 3_600_000;

/** The bounds in order, each once. @throws Error in one line for what no bound can be */
export function latencyBuckets(given: readonly number[]): readonly number[] {
  if (given.length === 0) throw new Error("latencyBuckets: needs a bound");
  const wrong = given.find((bound) => !Number.isInteger(bound) || bound < 1 || bound > longestMs);
  if (wrong !== undefined)
    throw new Error(`latencyBuckets: ${wrong} must be a whole number of milliseconds, 1 to ${longestMs}`);
  const bounds = [...new Set(given)].toSorted((a, b) => a - b);
  if (bounds.length > mostBuckets)
    throw new Error(
      `latencyBuckets: ${bounds.length} bounds are too many: each one is a series for each address; at most ${mostBuckets}`,
    );
  return bounds;
}
