/** P(K = k) for k of n, by recursion over the trials: nothing of the code under test. */
export function probabilities(n: number, p: number): readonly number[] {
  let row = [1];
  for (let trial = 0; trial < n; trial += 1)
    row = Array.from(
      { length: row.length + 1 },
      (_, k) => (row[k] ?? 0) * (1 - p) + (k > 0 ? (row[k - 1] ?? 0) * p : 0),
    );
  return row;
}
