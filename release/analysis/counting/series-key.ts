const cache = new Map<string, string>();
const mostCached = 20_000;

/**
 * A short name for the labels of a series, so that a state with thousands of them stays small: 53 bits of FNV-1a. Two of
 * a thousand series get the same name once in ten billion runs.
 */
export function seriesKey(id: string): string {
  const known = cache.get(id);
  if (known !== undefined) return known;
  let low = 0x811c9dc5;
  let high = 0x01000193;
  for (let index = 0; index < id.length; index += 1) {
    const code = id.charCodeAt(index);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ code ^ (low >>> 16), 0x85ebca6b);
  }
  const key = ((low >>> 0) + (high & 0x1fffff) * 2 ** 32).toString(36);
  if (cache.size >= mostCached) cache.clear();
  cache.set(id, key);
  return key;
}
