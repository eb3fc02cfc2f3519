// Part of the sandbox's stand-in of the Pulumi engine's `kubernetes` resource-provider plugin.
import { JSONPath } from "jsonpath-plus";
import { condition } from "./readiness.js";
import type { Readiness } from "./readiness.js";
import { isList, textAt, toValue } from "./values.js";
import type { Value, ValueObject } from "./values.js";

/** One expression of `pulumi.com/waitFor`: `condition=Ready[=True]` or `jsonpath={.status.phase}[=Running]`. */
export type Condition =
  | { readonly type: "condition"; readonly text: string; readonly name: string; readonly status: string }
  | { readonly type: "jsonpath"; readonly text: string; readonly path: string; readonly value: string | undefined };

/** The annotation: one expression or a JSON list of them. @throws Error for anything else */
export function conditionsOf(annotation: string): readonly Condition[] {
  if (!annotation.trimStart().startsWith("[")) return [parsed(annotation)];
  let list: Value;
  try {
    list = toValue(JSON.parse(annotation));
  } catch {
    throw unusable(annotation);
  }
  if (!isList(list) || list.length === 0) throw unusable(annotation);
  return list.map((item) => parsed(typeof item === "string" ? item : ""));
}

function parsed(text: string): Condition {
  const [, name, status] = /^condition=([^=]+)(?:=(.+))?$/.exec(text) ?? [];
  if (name !== undefined) return { type: "condition", text, name, status: status ?? "True" };
  const [, path, value] = /^jsonpath=\{([^}]*)\}(?:=(.+))?$/.exec(text) ?? [];
  if (path === undefined) throw unusable(text);
  return { type: "jsonpath", text, path: path.startsWith("$") ? path : `$${path}`, value };
}

function unusable(text: string): Error {
  return new Error(
    `annotation pulumi.com/waitFor: "${text}" is neither "condition=NAME", "jsonpath={.path}=value" nor a JSON list of those`,
  );
}

export function waitForReadiness(conditions: readonly Condition[]): Readiness {
  return (_client, live) => {
    const missing = conditions.filter((item) => !isMet(item, live));
    return missing.length === 0
      ? { state: "ready" }
      : { state: "waiting", reasons: missing.map(({ text }) => `not met: ${text}`) };
  };
}

function isMet(expected: Condition, live: ValueObject): boolean {
  switch (expected.type) {
    case "condition":
      return textAt(condition(live, expected.name), "status")?.toLowerCase() === expected.status.toLowerCase();
    case "jsonpath": {
      const result: unknown = JSONPath({ path: expected.path, json: live, wrap: true });
      const found = toValue(result);
      const values = isList(found) ? found : [];
      if (expected.value === undefined) return values.length > 0;
      return values.length > 0 && values.every((value) => plainText(value) === expected.value);
    }
  }
}

function plainText(value: Value): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
