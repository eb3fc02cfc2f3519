import { spawnSync } from "node:child_process";
import { expect } from "chai";
import fc from "fast-check";
import { compilesAsPcre } from "../../../release/settings/index.js";

// Verdicts of the real ones, PCRE 8.39 and PCRE2 10.42, on both lists; where this machine's grep has PCRE2, it is asked again.

/** JavaScript refuses them, or takes them for something else. */
const known = [
  "a++b*+c?+d{2}+",
  "(?>ab|a)c",
  "(?i)beta",
  "beta(?i)X",
  "^(?i:beta)-(?-i:X)$",
  "(?s)a.b",
  "(?x) ^ beta # whoever is in\n $",
  "(?#whoever)beta",
  "(?P<team>shop)-(?P=team)",
  "(?<team>shop)-\\k{team}",
  "(?'team'shop)-\\k'team'",
  "(a)\\g1\\g{1}\\g{-1}",
  "\\h+\\H\\v\\V\\R\\N",
  "in\\Kside",
  "\\Aalways\\z",
  "always\\Z",
  "\\Q[beta]\\E+",
  "[[:alpha:]][[:^digit:]]",
  "[]a]",
  "[^]a]",
  "\\x{41}\\o{101}\\e\\a\\cA",
  "\\p{Lu}\\pL\\P{Nd}\\p{^N}",
  "(?<=a|bc)d",
  "(?<!a{2})d",
  "a{,",
  "{}]}",
  "^(a|b)$",
  "",
] as const;

/** What PCRE says of each; JavaScript takes those that it may. */
const unknown: Readonly<Record<string, string>> = {
  "(": "missing closing parenthesis",
  ")": "unmatched closing parenthesis",
  "a[b": "missing terminating ] for character class",
  "[]": "missing terminating ] for character class",
  "[^]": "missing terminating ] for character class",
  "\\": "\\ at end of pattern",
  "*a": "quantifier does not follow a repeatable item",
  "a**": "quantifier does not follow a repeatable item",
  "a{2}{3}": "quantifier does not follow a repeatable item",
  "^*": "quantifier does not follow a repeatable item",
  "(?i)*": "quantifier does not follow a repeatable item",
  "a{3,2}": "numbers out of order in {} quantifier",
  "a{65536}": "number too big in {} quantifier",
  "(?:ab){60000}": "regular expression is too large",
  "[z-a]": "range out of order in character class",
  "[a-\\d]": "invalid range in character class",
  "[[:alfa:]]": "unknown POSIX class name",
  "[[.a.]]": "POSIX collating elements are not supported",
  "\\u0041": "PCRE2 does not support \\F, \\L, \\l, \\N{name}, \\U, or \\u",
  "\\Ua\\L": "PCRE2 does not support \\F, \\L, \\l, \\N{name}, \\U, or \\u",
  "\\N{U+41}": "\\N{U+dddd} is supported only in Unicode (UTF) mode",
  "\\y": "unrecognized character follows \\",
  "\\1": "reference to non-existent subpattern",
  "(a)\\2": "reference to non-existent subpattern",
  "\\k<team>": "reference to non-existent subpattern",
  "\\k": "\\k is not followed by a braced, angle-bracketed, or quoted name",
  "\\x{100}": "character code point value in \\x{} or \\o{} is too large",
  "\\p{Foo}": "unknown property after \\P or \\p",
  "(?<=a+)b": "lookbehind assertion is not fixed length",
  "(?<!a{1,2})b": "lookbehind assertion is not fixed length",
  "(?<=a|(?:bc|d))e": "lookbehind assertion is not fixed length",
  "(?<team>a)(?<team>b)": "two named subpatterns have the same name (PCRE2_DUPNAMES not set)",
  "(?<1>a)": "subpattern name must start with a non-digit",
  "(?a)": "unrecognized character after (? or (?-",
};

/** Legal, and still refused: more than a test of a header, or read otherwise from version to version. */
const beyond = ["a(?R)?b", "(a)(?1)", "(?(?=a)a|b)", "(?|(a)|(b))", "(*UTF8)a", "(?C1)a", "a{,3}", "(a)\\10"] as const;

/** Whether grep's PCRE2 compiles it, byte by byte; undefined where there is none. */
function grepCompiles(pattern: string): boolean | undefined {
  const { status } = spawnSync("grep", ["-qP", "-e", pattern], { input: "", env: { ...process.env, LC_ALL: "C" } });
  return status === null ? undefined : status < 2;
}

describe("a regular expression of the gateway's", () => {
  for (const pattern of known)
    it(`is ${JSON.stringify(pattern)}`, () => {
      expect(compilesAsPcre(pattern)).to.equal(true);
    });

  for (const [pattern, reason] of Object.entries(unknown))
    it(`is not ${JSON.stringify(pattern)}: ${reason}`, () => {
      expect(compilesAsPcre(pattern)).to.equal(false);
    });

  it("does not go beyond a test of a header", () => {
    expect(beyond.filter(compilesAsPcre)).to.deep.equal([]);
  });

  it("may be any text that is quoted", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        fc.pre(!text.includes("\\E") && !text.includes("\0"));
        expect(compilesAsPcre(`^\\Q${text}\\E$`)).to.equal(true);
      }),
      { numRuns: 50 },
    );
  });

  const has = grepCompiles("(?P<a>b)++") === true;
  (has ? it : it.skip)(`is one for the PCRE2 of this machine's grep${has ? "" : " (skipped: it has none)"}`, () => {
    const one = (pattern: string): boolean => !pattern.includes("\n");
    expect([...known, ...beyond].filter(one).filter((each) => grepCompiles(each) !== true)).to.deep.equal([]);
    expect(Object.keys(unknown).filter((each) => grepCompiles(each) !== false)).to.deep.equal([]);
  });
});
