/**
 * Whether the gateway can compile a regular expression: nginx does it with PCRE or PCRE2, byte by byte. Taken is what every
 * version of both takes; what goes beyond a test of a header (recursion, conditions, callouts, verbs) is not.
 */

const maxCount = 65_535;
const maxDepth = 200;
/** A compiled expression has 16 bits for its distances; ours is an upper bound of its bytes. */
const maxBytes = 60_000;
const bytes = { character: 3, class: 36, repeat: 8, group: 24 } as const;

const name = String.raw`([A-Za-z_]\w{0,30})`;
const categories = "C[cfnos]?|L(?:[lmotu]|&)?|M[cen]?|N[dlo]?|P[cdefios]?|S[ckmo]?|Z[lps]?|Any|Xan|Xps|Xsp|Xwd";
const octalByte = "(?:[0-3][0-7]{0,2}|[4-7][0-7]?(?![0-7]))";
const syntax = {
  /** Of more than one character of a text. */
  set: new RegExp(String.raw`\\(?:[dDhHsSvVwW]|[pP](?:[CLMNPSZ]|\{\^?(?:${categories})\}))`, "y"),
  any: /\.|\\(?:C|N(?!\{)|N(?=\{\d+(?:,\d*)?\}))/y,
  sequence: /\\[RX]/y,
  character: new RegExp(
    String.raw`\\(?:[aefnrt]|x\{0*[0-9A-Fa-f]{1,2}\}|x(?!\{)[0-9A-Fa-f]{0,2}|o\{0*${octalByte}\}|c[ -~]|0[0-7]{0,2}|[^0-9A-Za-z])`,
    "y",
  ),
  inClass: new RegExp(String.raw`\\(?:b|${octalByte})`, "y"),
  assertion: /[$^]|\\[AbBGzZ]/y,
  keep: /\\K/y,
  quoted: /\\Q([^]*?)(?:\\E|$)/y,
  quoteEnd: /\\E/y,
  numbered: /\\(?:([1-9])(?!\d)|g(-?)([1-9]\d{0,2})(?!\d)|g\{(-?)([1-9]\d{0,2})\})/y,
  named: new RegExp(String.raw`\\(?:k\{${name}\}|k<${name}>|k'${name}'|g\{${name}\})|\(\?P=${name}\)`, "y"),
  /** Only within a class. */
  posix: /\[:\^?(?:alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit):\]/y,
  posixAlone: /\[([:.=])[^\]]*\1\]/y,
  space: /[ \t-\r]+|#[^\n]*\n?/y,
  comment: /\(\?#[^)]*\)/y,
  flags: /\(\?(?=[imsx-])([imsx]*)(?:-([imsx]+))?([:)])/y,
  look: /\(\?(<?)[=!]/y,
  namedGroup: new RegExp(String.raw`\(\?(?:P?<${name}>|'${name}')`, "y"),
  plainGroup: /\(\?[:>]/y,
  capture: /\((?![?*])/y,
  repeat: /(?:[*+?]|\{(\d{1,5})(?:(,)(\d{0,5}))?\})[?+]?/y,
  /** A repetition for the newest versions, and plain text for all others. */
  unclear: /\{\s*(?:\d+\s*(?:,\s*\d*\s*)?|,\s*\d+\s*)\}/y,
  literal: /[^\\[()|*+?]/y,
} as const;

interface Frame {
  /** `behind`: it looks back, so that its length must be known. */
  readonly kind: "group" | "behind" | "inBehind";
  readonly isLook: boolean;
  extended: boolean;
  size: number;
}

class Refused extends Error {}

function refuse(): never {
  throw new Refused();
}

export function compilesAsPcre(pattern: string): boolean {
  try {
    new Reading(pattern).all();
    return true;
  } catch (error) {
    if (error instanceof Refused) return false;
    throw error;
  }
}

/** One reading of an expression from its beginning to its end. */
class Reading {
  private readonly text: string;
  private at = 0;
  private readonly frames: Frame[] = [{ kind: "group", isLook: false, extended: false, size: 0 }];
  private groups = 0;
  private readonly names = new Set<string>();
  private readonly numbersUsed: number[] = [];
  private readonly namesUsed: string[] = [];
  /** Bytes of what a quantifier would repeat. */
  private last: { readonly size: number; readonly isGroup: boolean } | undefined;

  constructor(pattern: string) {
    this.text = Buffer.from(pattern, "utf8").toString("latin1");
  }

  all(): void {
    if (this.text.includes("\0")) refuse();
    while (this.at < this.text.length) this.step();
    const isWhole = this.frames.length === 1 && this.frame.size < maxBytes;
    const areNumbers = this.numbersUsed.every((each) => each <= this.groups);
    if (!isWhole || !areNumbers || !this.namesUsed.every((each) => this.names.has(each))) refuse();
  }

  private get frame(): Frame {
    return this.frames.at(-1) ?? refuse();
  }

  private take(kind: keyof typeof syntax): RegExpExecArray | undefined {
    const pattern = syntax[kind];
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text) ?? undefined;
    this.at += found?.[0].length ?? 0;
    return found;
  }

  private step(): void {
    const isSkipped =
      (this.frame.extended ? this.take("space") : undefined) ?? this.take("comment") ?? this.take("quoteEnd");
    if (isSkipped) return;
    if (this.repeated() || this.opened() || this.closed() || this.quoted() || this.referred()) return;
    if (this.take("assertion")) return this.unrepeatable();
    if (this.take("keep")) return this.frames.some(({ isLook }) => isLook) ? refuse() : this.unrepeatable();
    if (this.take("sequence")) return this.ofUnknownLength();
    if (this.text[this.at] === "[") return this.class();
    if (this.take("set") ?? this.take("any") ?? this.take("character") ?? this.take("literal"))
      return this.item(bytes.character);
    refuse();
  }

  private unrepeatable(): void {
    this.last = undefined;
    this.frame.size += bytes.character;
  }

  private item(size: number): void {
    this.last = { size, isGroup: false };
    this.frame.size += size;
  }

  private ofUnknownLength(): void {
    if (this.frame.kind !== "group") refuse();
    this.item(bytes.character);
  }

  private repeated(): boolean {
    const found = this.take("repeat");
    if (found === undefined) return this.take("unclear") ? refuse() : false;
    const { last, frame } = this;
    if (last === undefined) refuse();
    const [, least, comma, most] = found;
    const counts = [least, most].filter((each) => each !== undefined && each !== "").map(Number);
    const [from = 0, to = from] = counts;
    if (from > to || to > maxCount) refuse();
    if (frame.kind !== "group" && (least === undefined || comma !== undefined || last.isGroup || to > 255)) refuse();
    frame.size += bytes.repeat + (last.isGroup ? last.size * Math.max(to - 1, 0) : 0);
    this.last = undefined;
    return true;
  }

  private opened(): boolean {
    const flags = this.take("flags");
    if (flags !== undefined) return this.flagged(flags);
    const look = this.take("look");
    if (look !== undefined) return this.open(look[1] === "<" ? "behind" : undefined, true);
    const named = this.take("namedGroup");
    if (named !== undefined) this.name(named[1] ?? named[2] ?? "");
    else if (this.take("plainGroup")) return this.open();
    else if (!this.take("capture"))
      return this.text[this.at] === "(" && !this.text.startsWith("(?P=", this.at) ? refuse() : false;
    this.groups += 1;
    return this.open();
  }

  private name(given: string): void {
    if (this.names.has(given)) refuse();
    this.names.add(given);
  }

  private open(kind?: "behind", isLook = false): true {
    const { kind: outer, extended } = this.frame;
    this.frames.push({ kind: kind ?? (outer === "group" ? "group" : "inBehind"), isLook, extended, size: bytes.group });
    if (this.frames.length > maxDepth) refuse();
    this.last = undefined;
    return true;
  }

  private flagged([, on = "", off = "", end]: RegExpExecArray): true {
    if (/x.*x/.test(on)) refuse();
    if (end === ":") this.open();
    this.frame.extended = (this.frame.extended || on.includes("x")) && !off.includes("x");
    this.last = undefined;
    return true;
  }

  private closed(): boolean {
    const found = this.text[this.at];
    if (found !== "|" && found !== ")") return false;
    this.at += 1;
    this.last = undefined;
    if (found === "|") {
      if (this.frame.kind === "inBehind") refuse();
      this.frame.size += bytes.character;
      return true;
    }
    const { size, isLook } = this.frame;
    this.frames.pop();
    this.frame.size += size;
    if (!isLook) this.last = { size, isGroup: true };
    return true;
  }

  private quoted(): boolean {
    const found = this.take("quoted");
    for (const _each of found?.[1] ?? "") this.item(bytes.character);
    return found !== undefined;
  }

  private referred(): boolean {
    const numbered = this.take("numbered");
    if (numbered !== undefined) {
      const [, plain, sign, number, sign2, number2] = numbered;
      const given = Number(plain ?? number ?? number2);
      const isRelative = (sign ?? sign2) === "-";
      this.numbersUsed.push(isRelative ? this.groups - given + 1 : given);
      if (isRelative && given > this.groups) refuse();
    }
    const named = numbered === undefined ? this.take("named") : undefined;
    if (named !== undefined) this.namesUsed.push(named.slice(1).find((each) => each !== undefined) ?? "");
    if (numbered === undefined && named === undefined) return false;
    this.ofUnknownLength();
    return true;
  }

  private class(): void {
    if (this.take("posixAlone")) refuse();
    this.at += this.text[this.at + 1] === "^" ? 2 : 1;
    const parts: (number | "set" | "-")[] = [];
    while (parts.length === 0 || this.text[this.at] !== "]") parts.push(this.classPart());
    this.at += 1;
    checkRanges(parts);
    this.item(bytes.class);
  }

  private classPart(): number | "set" | "-" {
    if (this.take("posix") ?? this.take("set")) return "set";
    const escape = this.take("inClass") ?? this.take("character");
    if (escape !== undefined) return codeOf(escape[0].slice(1));
    const each = this.text[this.at];
    // A class in a class, or one that no version knows.
    if (each === undefined || each === "\\" || (each === "[" && /[.:=]/.test(this.text[this.at + 1] ?? ""))) refuse();
    this.at += 1;
    return each === "-" ? "-" : each.charCodeAt(0);
  }
}

function checkRanges(parts: readonly (number | "set" | "-")[]): void {
  for (let i = 0; i < parts.length; i += 1) {
    if (parts[i + 1] !== "-" || i + 2 >= parts.length) continue;
    const [from, to] = [parts[i], parts[i + 2]].map((each) => (each === "-" ? 45 : each));
    if (typeof from !== "number" || typeof to !== "number" || from > to) refuse();
    i += 2;
    if (parts[i + 1] === "-" && parts[i + 2] === "set") refuse();
  }
}

const control: Readonly<Record<string, number>> = { a: 7, b: 8, e: 27, f: 12, n: 10, r: 13, t: 9 };

/** Of the one character that an escape stands for. */
function codeOf(escape: string): number {
  const [first = "", ...rest] = escape;
  const digits = rest.join("").replaceAll(/[{}]/g, "");
  if (first === "x") return Number.parseInt(digits || "0", 16);
  if (first === "o") return Number.parseInt(digits, 8);
  if (/\d/.test(first)) return Number.parseInt(escape, 8);
  if (first === "c") return (rest[0] ?? "").toUpperCase().charCodeAt(0) ^ 64;
  return control[first] ?? first.charCodeAt(0);
}
