// Stand-in for the APISIX ingress controller 2.2: ApisixRoute's `exprs` as the gateway's `vars`.
import type { MatchExpression } from "./resources.js";

/** An object's spec can't be translated; its status gets reason InvalidSpec and the last good translation stays. */
export class InvalidSpec extends Error {}

const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  Equal: ["=="],
  NotEqual: ["~="],
  GreaterThan: [">"],
  GreaterThanEqual: [">="],
  LessThan: ["<"],
  LessThanEqual: ["<="],
  RegexMatch: ["~~"],
  RegexMatchCaseInsensitive: ["~*"],
  RegexNotMatch: ["!", "~~"],
  RegexNotMatchCaseInsensitive: ["!", "~*"],
  In: ["in"],
  NotIn: ["!", "in"],
};

/** Translates all expressions of a rule. Throws InvalidSpec. */
export function toVars(expressions: readonly MatchExpression[]): unknown[] {
  return expressions.map((expression) => {
    const operator = OPERATORS[expression.op];
    if (operator === undefined) {
      throw new InvalidSpec(`unknown operator: ${expression.op}`);
    }
    return [subject(expression), ...operator, operand(expression)];
  });
}

function subject({ subject: { scope, name } }: MatchExpression): string {
  if (name === "" && scope !== "Path") {
    throw new InvalidSpec("empty subject.name");
  }
  switch (scope) {
    case "Query":
      return `arg_${name}`;
    case "Header":
      return `http_${name.toLowerCase().replaceAll("-", "_")}`;
    case "Cookie":
      return `cookie_${name}`;
    case "Path":
      return "uri";
    case "Variable":
      return name;
    default:
      throw new InvalidSpec(
        "invalid http match expr: subject.scope should be one of [query, header, cookie, path, variable]",
      );
  }
}

function operand({ op, set, value }: MatchExpression): string | readonly string[] {
  if (op === "In" || op === "NotIn") {
    if (set === null || set === undefined) {
      throw new InvalidSpec("empty set value");
    }
    return set;
  }
  if (value === null || value === undefined) {
    throw new InvalidSpec("neither set nor value is provided");
  }
  return value;
}
