// Stand-in for Apache APISIX 3.17: the `vars` expressions of routes and plugins.
import { isIP } from "node:net";
import { cidrList } from "./addresses.js";

/** Gives the value of an nginx variable, or undefined when the request has none. */
export type VariableReader = (name: string) => string | undefined;

/** True when the request meets the condition. */
export type Condition = (read: VariableReader) => boolean;

/** The expression is malformed; the message says how. */
export class ExpressionError extends Error {}

type Test = (actual: string | undefined) => boolean;

const GROUPS: ReadonlySet<string> = new Set(["AND", "OR", "!AND", "!OR"]);

/** Compiles a list of conditions (all must hold, unless it starts with OR, !AND or !OR). Throws ExpressionError. */
export function compileExpression(given: readonly unknown[]): Condition {
  const [first] = given;
  if (first === undefined) {
    return () => true;
  }
  if (!Array.isArray(first) && !isGroup(first)) {
    throw new ExpressionError("rule should be wrapped inside brackets");
  }
  return compile(given);
}

function isGroup(value: unknown): value is string {
  return typeof value === "string" && GROUPS.has(value.toUpperCase());
}

function compile(rules: readonly unknown[]): Condition {
  const [first] = rules;
  if (first === undefined) {
    throw new ExpressionError("rule too short");
  }
  if (Array.isArray(first)) {
    return compileGroup("AND", rules);
  }
  if (isGroup(first)) {
    if (rules.length <= 2) {
      throw new ExpressionError(rules.length === 2 && !Array.isArray(rules[1]) ? BRACKETS : "rule too short");
    }
    return compileGroup(first.toUpperCase(), rules.slice(1));
  }
  return compileTerm(rules);
}

const BRACKETS = "rule should be wrapped inside brackets";

function compileGroup(kind: string, members: readonly unknown[]): Condition {
  const conditions = members.map((member) => {
    if (!Array.isArray(member)) {
      throw new ExpressionError(BRACKETS);
    }
    const list: readonly unknown[] = member;
    return compile(list);
  });
  const all: Condition = (read) => conditions.every((condition) => condition(read));
  const any: Condition = (read) => conditions.some((condition) => condition(read));
  switch (kind) {
    case "OR":
      return any;
    case "!OR":
      return (read) => !any(read);
    case "!AND":
      return (read) => !all(read);
    default:
      return all;
  }
}

function compileTerm(term: readonly unknown[]): Condition {
  const negated = term.length === 4;
  if (negated && term[1] !== "!") {
    throw new ExpressionError("bad 'not' expression");
  }
  const [name, operator, expected] = negated ? [term[0], term[2], term[3]] : term;
  if (typeof name !== "string" || typeof operator !== "string") {
    throw new ExpressionError("invalid expression");
  }
  const test = compileTest(operator, expected);
  return negated ? (read) => !test(read(name)) : (read) => test(read(name));
}

function compileTest(operator: string, expected: unknown): Test {
  switch (operator.toLowerCase()) {
    case "==":
      return equal(expected);
    case "~=": {
      const test = equal(expected);
      return (actual) => !test(actual);
    }
    case ">":
      return compare(expected, (a, b) => a > b);
    case ">=":
      return compare(expected, (a, b) => a >= b);
    case "<":
      return compare(expected, (a, b) => a < b);
    case "<=":
      return compare(expected, (a, b) => a <= b);
    case "~~":
      return matches(expected, "");
    case "~*":
      return matches(expected, "i");
    case "in": {
      const members: ReadonlySet<unknown> = new Set(Array.isArray(expected) ? expected : []);
      return (actual) => actual !== undefined && members.has(actual);
    }
    case "has":
      // Only for variables that are lists, and there are none of those here.
      return () => false;
    case "ipmatch":
      return ipMatch(expected);
    default:
      if (expected === undefined) {
        return equal(operator);
      }
      throw new ExpressionError(`invalid operator '${operator}'`);
  }
}

/** Null means that the request has no such variable; a number compares as a number. */
function equal(expected: unknown): Test {
  if (expected === null || expected === undefined) {
    return (actual) => actual === undefined;
  }
  return typeof expected === "number" ? (actual) => numberOf(actual) === expected : (actual) => actual === expected;
}

function compare(expected: unknown, test: (a: number, b: number) => boolean): Test {
  const b = numberOf(expected);
  return (actual) => {
    const a = numberOf(actual);
    return a !== undefined && b !== undefined && test(a, b);
  };
}

/**
 * A pattern that can't be compiled is taken all the same, as by the real one, which compiles it with the first
 * request; it matches nothing, and the log says so.
 */
function matches(expected: unknown, flags: string): Test {
  const text = String(expected);
  const inline = /^\(\?i\)/.exec(text);
  let pattern: RegExp | undefined;
  try {
    pattern = new RegExp(inline === null ? text : text.slice(4), inline === null ? flags : "i");
  } catch (error) {
    console.error(`failed to compile the regular expression ${text}: ${String(error)}; it matches nothing`);
  }
  return (actual) => actual !== undefined && pattern?.test(actual) === true;
}

function ipMatch(expected: unknown): Test {
  const entries: readonly unknown[] = Array.isArray(expected) ? expected : [expected];
  const addresses = entries.filter((entry): entry is string => typeof entry === "string" && entry !== "");
  if (addresses.length === 0) {
    throw new ExpressionError("invalid ip address");
  }
  try {
    const list = cidrList(addresses);
    return (actual) =>
      actual !== undefined && isIP(actual) > 0 && list.check(actual, isIP(actual) === 6 ? "ipv6" : "ipv4");
  } catch {
    throw new ExpressionError(`invalid ip address: ${addresses.join(", ")}`);
  }
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") {
    return value;
  }
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : NaN;
  return Number.isNaN(number) ? undefined : number;
}
