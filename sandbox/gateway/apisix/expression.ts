// Stand-in for Apache APISIX 3.17: the `vars` expressions of routes and plugins.

/** Gives the value of an nginx variable, or undefined when the request has none. */
export type VariableReader = (name: string) => string | undefined;

/** True when the request meets the condition. */
export type Condition = (read: VariableReader) => boolean;

/** The expression is malformed; the message says how. */
export class ExpressionError extends Error {}

type Operator = (actual: string | undefined, expected: unknown) => boolean;

const OPERATORS: Readonly<Record<string, Operator>> = {
  "==": (actual, expected) => actual !== undefined && actual === text(expected),
  "~=": (actual, expected) => actual !== text(expected),
  ">": (actual, expected) => compare(actual, expected, (a, b) => a > b),
  ">=": (actual, expected) => compare(actual, expected, (a, b) => a >= b),
  "<": (actual, expected) => compare(actual, expected, (a, b) => a < b),
  "<=": (actual, expected) => compare(actual, expected, (a, b) => a <= b),
  in: (actual, expected) => actual !== undefined && Array.isArray(expected) && expected.map(text).includes(actual),
  has: (actual, expected) => actual !== undefined && actual.includes(text(expected)),
};

const GROUPS: ReadonlySet<string> = new Set(["AND", "OR", "!AND", "!OR"]);

/** Compiles a list of conditions (all must hold, unless it starts with OR, !AND or !OR). Throws ExpressionError. */
export function compileExpression(given: readonly unknown[]): Condition {
  const [first] = given;
  if (typeof first === "string" && GROUPS.has(first)) {
    return compileGroup(first, given.slice(1));
  }
  if (typeof first === "string") {
    return compileTerm(given);
  }
  return compileGroup("AND", given);
}

function compileGroup(kind: string, members: readonly unknown[]): Condition {
  const conditions = members.map((member) => {
    if (!Array.isArray(member)) {
      throw new ExpressionError("rule should be wrapped inside brackets");
    }
    const list: readonly unknown[] = member;
    return compileExpression(list);
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
  const negated = term[1] === "!";
  const [name, operator, expected] = negated ? [term[0], term[2], term[3]] : term;
  if (typeof name !== "string" || typeof operator !== "string" || (expected === undefined && term.length < 3)) {
    throw new ExpressionError("rule should be [name, operator, value]");
  }
  const test = operatorTest(operator, expected);
  return negated ? (read) => !test(read(name)) : (read) => test(read(name));
}

function operatorTest(operator: string, expected: unknown): (actual: string | undefined) => boolean {
  if (operator === "~~" || operator === "~*") {
    const pattern = regex(text(expected), operator === "~*" ? "i" : "");
    return (actual) => actual !== undefined && pattern.test(actual);
  }
  const found = OPERATORS[operator];
  if (found === undefined) {
    throw new ExpressionError(`invalid operator '${operator}'`);
  }
  if (operator === "in" && !Array.isArray(expected)) {
    throw new ExpressionError("the value of 'in' should be a list");
  }
  return (actual) => found(actual, expected);
}

function regex(pattern: string, flags: string): RegExp {
  try {
    return new RegExp(pattern, flags);
  } catch {
    throw new ExpressionError(`invalid regular expression '${pattern}'`);
  }
}

function compare(actual: string | undefined, expected: unknown, test: (a: number, b: number) => boolean): boolean {
  if (actual === undefined) {
    return false;
  }
  const [a, b] = [Number(actual), Number(expected)];
  return !Number.isNaN(a) && !Number.isNaN(b) && test(a, b);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
