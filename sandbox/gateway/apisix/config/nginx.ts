// Stand-in for Apache APISIX 3.17: the parts of nginx's own configuration language that config.yaml may carry.
import { SettingsError } from "./error.js";

/** A variable that a `map` block makes from another one. */
export interface VariableMap {
  readonly source: string;
  readonly variable: string;
  /** The value of the first entry that matches, else the default. */
  readonly lookup: (value: string) => string;
}

/** One directive: its words, and the directives of its block. */
interface Directive {
  readonly words: readonly string[];
  readonly block: readonly Directive[] | undefined;
}

/** The `map` blocks of a snippet of the http section. Throws SettingsError for a snippet that nginx would not load. */
export function variableMaps(snippet: string): readonly VariableMap[] {
  return parse(snippet, "http_configuration_snippet").flatMap(({ words, block }) => {
    const [name, source, variable] = words;
    if (name !== "map") {
      return [];
    }
    if (source?.startsWith("$") !== true || variable?.startsWith("$") !== true || block === undefined) {
      throw new SettingsError(
        "config.yaml: nginx_config.http_configuration_snippet: invalid number of arguments in map",
      );
    }
    return [{ source: source.slice(1), variable: variable.slice(1), lookup: compileMap(block) }];
  });
}

/** Whether a directive of a snippet of the server section is `on`; the last one counts. */
export function isOn(snippet: string, directive: string): boolean {
  const given = parse(snippet, "http_server_configuration_snippet").filter(({ words }) => words[0] === directive);
  return given.at(-1)?.words[1] === "on";
}

/** Bytes of a size like `10m`, `512k` or a number. */
export function bytes(given: string | number, path: string): number {
  const match = /^(\d+)([kKmMgG]?)$/.exec(String(given));
  if (match?.[1] === undefined) {
    throw new SettingsError(`config.yaml: ${path}: invalid size "${String(given)}"`);
  }
  const units: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };
  return Number(match[1]) * (units[(match[2] ?? "").toLowerCase()] ?? 1);
}

/** Seconds of a time like `240s`, `100ms` or `1m30s`; without a unit, seconds. */
export function seconds(given: string | number, path: string): number {
  const text = String(given);
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)?\s*/g)];
  if (parts.length === 0 || parts.map(([all]) => all).join("") !== text) {
    throw new SettingsError(`config.yaml: ${path}: ${text} is not a time like 240s`);
  }
  const units: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? "s"] ?? 1), 0);
}

function compileMap(block: readonly Directive[]): (value: string) => string {
  const exact = new Map<string, string>();
  const patterns: { readonly pattern: RegExp; readonly result: string }[] = [];
  let fallback = "";
  for (const { words } of block) {
    const [key = "", result = ""] = words;
    if (key === "default") {
      fallback = result;
    } else if (key.startsWith("~")) {
      const insensitive = key.startsWith("~*");
      patterns.push({ pattern: new RegExp(key.slice(insensitive ? 2 : 1), insensitive ? "i" : ""), result });
    } else if (!["hostnames", "volatile", "include"].includes(key)) {
      exact.set(key.replace(/^\\/, "").toLowerCase(), result);
    }
  }
  return (value) =>
    exact.get(value.toLowerCase()) ?? patterns.find(({ pattern }) => pattern.test(value))?.result ?? fallback;
}

function parse(snippet: string, path: string): readonly Directive[] {
  const tokens = tokenize(snippet);
  const read = (nested: boolean): Directive[] => {
    const directives: Directive[] = [];
    let words: string[] = [];
    for (let token = tokens.shift(); token !== undefined; token = tokens.shift()) {
      if (token.kind === "word") {
        words.push(token.text);
      } else if (token.text === ";") {
        directives.push({ words, block: undefined });
        words = [];
      } else if (token.text === "{") {
        directives.push({ words, block: read(true) });
        words = [];
      } else if (nested && words.length === 0) {
        return directives;
      } else {
        throw new SettingsError(`config.yaml: nginx_config.${path}: unexpected "}"`);
      }
    }
    if (nested || words.length > 0) {
      throw new SettingsError(`config.yaml: nginx_config.${path}: unexpected end of file, expecting ";" or "}"`);
    }
    return directives;
  };
  return read(false);
}

interface Token {
  readonly kind: "word" | "mark";
  readonly text: string;
}

function tokenize(snippet: string): Token[] {
  const pattern = /#[^\n]*|"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|([;{}])|((?:\$\{\w+\}|[^\s;{}"'])+)/g;
  return [...snippet.matchAll(pattern)].flatMap(([all, double, single, mark, word]): Token[] => {
    if (mark !== undefined) {
      return [{ kind: "mark", text: mark }];
    }
    const text = double ?? single ?? word;
    return all.startsWith("#") || text === undefined ? [] : [{ kind: "word", text: text.replace(/\\(["'])/g, "$1") }];
  });
}
