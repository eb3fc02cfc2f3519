/** A label matcher that leaves out client errors: `code!~"4.."`, `code!="404"`. */
const leavesOutClientErrors = /\bcode\s*!(?:~|=)\s*(["'`])\^?\(?(4[^"'`]*?)\)?\$?\1/g;

/**
 * A query whose numerator leaves client errors out while its denominator does not measures the share that is *not* a
 * client error: beside a `max` it rolls back every good release. The article's `not-found-percentage` is such a query.
 * Returns the query as it was meant, in one line; undefined where nothing looks inverted. As long as nobody got such an
 * answer its counter doesn't exist, and a sum of nothing is no 0: that is written behind it.
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
  return orZero(`${before}${meant}${after}`.replace(/\s+/g, " ").trim());
}

/** `(sum(…) or vector(0)) / …`, where the numerator is a plain sum, so that the labels of both agree. */
function orZero(query: string): string {
  const end = firstDivision(query);
  const numerator = query.slice(0, end).trim();
  const isPlain = /^sum\s*\(/.test(numerator) && isClosed(numerator) && !/\b(by|without)\s*\(/.test(numerator);
  return isPlain ? `(${numerator} or vector(0)) ${query.slice(end).trim()}` : query;
}

/** The first slash outside of quotes. */
function firstDivision(query: string): number {
  return unquoted(query).indexOf("/");
}

/** As many parentheses end as begin. */
function isClosed(query: string): boolean {
  const plain = unquoted(query);
  return (plain.match(/\(/g)?.length ?? 0) === (plain.match(/\)/g)?.length ?? 0);
}

/** A slash between two expressions: not one within a label's value. */
function isDivision(part: string): boolean {
  return unquoted(part).includes("/");
}

/** `1 - …` or `100 - …` turns it round again. */
function isSubtracted(before: string): boolean {
  return /\b1(?:00)?(?:\.0+)?\s*-/.test(before);
}

/** The query with blanks for what is quoted: all else keeps its place. */
function unquoted(query: string): string {
  return query.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g, (text) => " ".repeat(text.length));
}
