import type { MatchEntry, ValueMatch } from "../../../release/settings/index.js";
import type { Expression } from "./http-rule.js";

type Scope = Expression["subject"]["scope"];

/** Any value, the empty one too; a header, cookie or argument that isn't there has none. */
const anything = "^";

/** All conditions of one entry of `match` but the address, which a rule has a field of its own for. */
export function expressionsOf({ headers, cookies, query }: MatchEntry): readonly Expression[] {
  return [
    ...Object.entries(headers ?? {}).map(([name, value]) => expressionOf("Header", name, value)),
    ...Object.entries(cookies ?? {}).map(([name, value]) => expressionOf("Cookie", name, value)),
    ...Object.entries(query ?? {}).map(([name, value]) => expressionOf("Query", name, value)),
  ];
}

export function expressionOf(scope: Scope, name: string, value: ValueMatch): Expression {
  const subject = { scope, name };
  if ("exact" in value) return { subject, op: "Equal", value: value.exact };
  if ("prefix" in value) return { subject, op: "RegexMatch", value: `^${literal(value.prefix)}` };
  if ("regex" in value) return { subject, op: "RegexMatch", value: value.regex };
  if ("in" in value) return { subject, op: "In", set: value.in };
  return { subject, op: value.present ? "RegexMatch" : "RegexNotMatch", value: anything };
}

/** A pattern that matches just this text. */
export function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
