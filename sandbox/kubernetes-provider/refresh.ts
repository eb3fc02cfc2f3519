// Part of the sandbox's stand-in of the Pulumi engine's `kubernetes` resource-provider plugin.
import { isList, isObject, textAt, withValue } from "./values.js";
import type { Value, ValueObject } from "./values.js";

/** Lists whose items others may add to: matched by their names. */
const namedLists = new Set([
  "containers",
  "initContainers",
  "volumes",
  "env",
  "ports",
  "volumeMounts",
  "imagePullSecrets",
]);

/** What the cluster says now about everything that the program's inputs say; nothing else. */
export function liveInputs(oldInputs: ValueObject, live: ValueObject): ValueObject {
  const withText = withStringData(oldInputs, live);
  const pruned = prunedObject(oldInputs, withText);
  return { ...pruned, apiVersion: oldInputs["apiVersion"] ?? "v1", kind: oldInputs["kind"] ?? "" };
}

function prunedObject(pattern: ValueObject, live: ValueObject): ValueObject {
  const entries: [string, Value][] = [];
  for (const [key, value] of Object.entries(pattern)) {
    const found = live[key];
    if (found !== undefined) entries.push([key, pruned(value, found, key)]);
    else if (value === null || isEmpty(value)) entries.push([key, value]);
  }
  return Object.fromEntries(entries);
}

/** The API server may leave out what means nothing. */
function isEmpty(value: Value): boolean {
  return (isList(value) && value.length === 0) || (isObject(value) && Object.keys(value).length === 0);
}

function pruned(pattern: Value, live: Value, key: string): Value {
  if (isObject(pattern) && isObject(live)) return prunedObject(pattern, live);
  if (isList(pattern) && isList(live)) return prunedList(pattern, live, key);
  return live;
}

function prunedList(pattern: readonly Value[], live: readonly Value[], key: string): readonly Value[] {
  if (namedLists.has(key) && pattern.every((item) => textAt(item, "name") !== undefined)) {
    return pattern.flatMap((item) => {
      const found = live.find((other) => textAt(other, "name") === textAt(item, "name"));
      return found === undefined ? [] : [pruned(item, found, "")];
    });
  }
  if (pattern.length !== live.length) return live;
  return pattern.map((item, index) => pruned(item, live[index] ?? null, ""));
}

/** A Secret's `stringData` is stored as `data`. */
function withStringData(oldInputs: ValueObject, live: ValueObject): ValueObject {
  const wanted = oldInputs["stringData"];
  const data = live["data"];
  if (live["kind"] !== "Secret" || !isObject(wanted) || !isObject(data)) return live;
  const texts = Object.keys(wanted).flatMap((key): [string, string][] => {
    const encoded = data[key];
    return typeof encoded === "string" ? [[key, Buffer.from(encoded, "base64").toString("utf8")]] : [];
  });
  return withValue(live, ["stringData"], Object.fromEntries(texts));
}
