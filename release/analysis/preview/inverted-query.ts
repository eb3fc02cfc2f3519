/** A label matcher that leaves out client errors: `code!~"4.."`, `code!="404"`. */
const leavesOutClientErrors = /\bcode\s*!(?:~|=)\s*(["'`])\^?\(?(4[^"'`]*?)\)?\$?\1/g;

/**
 * A query whose numerator leaves client errors out while its denominator does not measures the share that is *not* a
 * client error: beside a `max` it rolls back every good release. The article's `not-found-percentage` is such a query.
 * Returns the query as it was meant, in one line; undefined where nothing looks inverted.
 */
export function correctedQuery(query: string, name: string): string | undefined {
  const matches = [...query.matchAll(leavesOutClientErrors)];
  const [found] = matches;
  if (found === undefined || matches.length > 1) return undefined;
  const before = query.slice(0, found.index);
  const after = query.slice(found.index + found[0].length);
  const isNumerator = !isDivision(before) && isDivision(after);
  if (!isNumerator || isSubtracted(before)) return undefined;
  const meansNotFound = /not.?found|404/i.test(name) || found[2] === "404";
  const meant = meansNotFound ? 'code="404"' : `code=~"${found[2]}"`;
  return `${before}${meant}${after}`.replace(/\s+/g, " ").trim();
}

/** A slash between two expressions: not one within a label's value. */
function isDivision(part: string): boolean {
  return part.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g, "").includes("/");
}

/** `1 - …` or `100 - …` turns it round again. */
function isSubtracted(before: string): boolean {
  return /\b1(?:00)?(?:\.0+)?\s*-/.test(before);
}
