/** Session affinity: a cookie's first four hex digits are its bucket. */
const buckets = 0x10000;

/** How many of the 65,536 buckets are the canary's for such a share, percent; at least one for any share above 0. */
export function bucketsFor(percent: number): number {
  if (percent <= 0) return 0;
  return Math.min(buckets, Math.max(1, Math.round((percent / 100) * buckets)));
}

/** What nothing matches, not even an empty cookie: the buckets at rest. Admitted by the webhook, compiled by nginx. */
export const emptyBuckets = "^-$";

/**
 * Regular expression of the cookies whose buckets are the canary's: those whose first four hex digits (lower case) are
 * below the share. Raising the share only adds buckets.
 */
export function bucketPattern(percent: number): string {
  const count = bucketsFor(percent);
  if (count === 0) return emptyBuckets;
  if (count === buckets) return "^[0-9a-f]{4}";
  const digits = [...count.toString(16).padStart(4, "0")];
  const branches = digits.flatMap((digit, index) => {
    const value = Number.parseInt(digit, 16);
    if (value === 0) return [];
    const rest = digits.length - index - 1;
    return [`${digits.slice(0, index).join("")}${below(value)}${rest === 0 ? "" : `[0-9a-f]{${rest}}`}`];
  });
  return `^(${branches.join("|")})`;
}

/** One hex digit below the value. */
function below(value: number): string {
  if (value === 1) return "0";
  if (value <= 10) return `[0-${value - 1}]`;
  return value === 11 ? "[0-9a]" : `[0-9a-${(value - 1).toString(16)}]`;
}

/** Of every share that there is, in steps of 0.01%; made when it is first asked for. */
let shares: ReadonlyMap<string, number> | undefined;

/** The share that a pattern of ours means, percent, rounded to 0.01; undefined where it is none of ours. */
export function percentOfPattern(pattern: string): number | undefined {
  shares ??= new Map(
    Array.from({ length: 10_001 }, (_, hundredths) => [bucketPattern(hundredths / 100), hundredths / 100]),
  );
  return shares.get(pattern);
}
