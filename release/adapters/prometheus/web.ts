import { JSONPath } from "jsonpath-plus";
import type { CustomOutcome } from "../../analysis/contract.js";

type Json = string | number | boolean | null | object;

/** The one number at `jsonPath` of a JSON answer. Scripts in the path are not run. */
export function valueAt(body: string, jsonPath: string): CustomOutcome {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return { kind: "error", message: "its answer is not JSON" };
  }
  if (!isJson(json)) return { kind: "error", message: "its answer is not JSON" };
  const found = find(json, jsonPath);
  if (found === undefined) return { kind: "error", message: "its jsonPath can't be used (scripts are not run)" };
  const [first, ...others] = found;
  if (first === undefined || first === null) return { kind: "noData" };
  if (others.length > 0) return { kind: "error", message: `its jsonPath finds ${found.length} values, not one` };
  return numberFrom(first);
}

function find(json: Json, path: string): readonly unknown[] | undefined {
  try {
    const found: unknown = JSONPath({ path, json, wrap: true, eval: false });
    return Array.isArray(found) ? found.map((each: unknown) => each) : [];
  } catch {
    return undefined;
  }
}

function numberFrom(value: unknown): CustomOutcome {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number !== "number" || !Number.isFinite(number))
    return { kind: "error", message: "what its jsonPath finds is not a number" };
  return { kind: "value", value: number };
}

function isJson(value: unknown): value is Json {
  return value !== undefined;
}
