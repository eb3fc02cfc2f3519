/** What people ask of a live release, each by an annotation of that name. */
export const commands = ["abort", "pause", "approve", "promote"] as const;
export type Command = (typeof commands)[number];

/** What a person says with a request. */
export interface Asked {
  readonly who: string;
  readonly why: string;
  /** Of a promote: closed gates are not asked either. */
  readonly skipGates: boolean;
}

/** First word of a promote that leaves out closed gates too. */
const skipGatesWord = "--skip-gates";

const byline = /^(.*?)\s*\(by ([^()]+)\)$|^()by (\S.*)$/s;

/**
 * Reads the text of a request: `hotfix (by anna)`, `by anna`, or whatever somebody wrote with plain kubectl, which says
 * no name.
 */
export function askedIn(text: string): Asked {
  const words = text.trim();
  const skipGates = words === skipGatesWord || words.startsWith(`${skipGatesWord} `);
  const said = skipGates ? words.slice(skipGatesWord.length).trim() : words;
  const [, reason, name, , onlyName] = byline.exec(said) ?? [];
  const why = onlyName === undefined ? (reason ?? said) : "";
  return { who: name ?? onlyName ?? "somebody", why: why === "" ? "no reason given" : why, skipGates };
}

/** Writes the text of a request, as `askedIn` reads it. */
export function askingText(who: string, why: string | undefined, skipGates: boolean): string {
  const said = why === undefined || why === "" ? `by ${who}` : `${why} (by ${who})`;
  return skipGates ? `${skipGatesWord} ${said}` : said;
}
