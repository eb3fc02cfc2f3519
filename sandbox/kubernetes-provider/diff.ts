// Part of the sandbox's stand-in of the Pulumi engine's `kubernetes` resource-provider plugin.
import { isList, isObject, objectAt, same, textAt, withValue } from "./values.js";
import type { Value, ValueObject } from "./values.js";

export interface Change {
  /** In the engine's notation: `spec.http[0].match`, `metadata.labels["a.b/c"]`. */
  readonly path: string;
  readonly kind: "add" | "delete" | "update";
  readonly replaces: boolean;
}

type Path = readonly (string | number)[];
type Report = (path: Path, kind: Change["kind"]) => void;

/** What a program changed in its inputs; both without secret wrappings. */
export function changesBetween(oldInputs: ValueObject, newInputs: ValueObject): readonly Change[] {
  const changes: Change[] = [];
  const isMoved = replacingFields(newInputs);
  compare([], withoutEmptyMaps(oldInputs), newInputs, (path, kind) => {
    if (isScopeCorrection(path, kind, newInputs)) return;
    changes.push({ path: notation(path), kind, replaces: isMoved(path) });
  });
  return changes;
}

function compare(path: Path, left: Value | undefined, right: Value | undefined, report: Report): void {
  if (same(left, right)) return;
  if (left === undefined) return report(path, "add");
  if (right === undefined) return report(path, "delete");
  if (isObject(left) && isObject(right)) {
    const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
    for (const key of keys) compare([...path, key], left[key], right[key], report);
    return;
  }
  if (isList(left) && isList(right)) {
    const length = Math.max(left.length, right.length);
    for (let index = 0; index < length; index++) compare([...path, index], left[index], right[index], report);
    return;
  }
  report(path, "update");
}

/** The API server stores no empty labels or annotations: a program that gives some changes something every time. */
function withoutEmptyMaps(inputs: ValueObject): ValueObject {
  let result = inputs;
  for (const key of ["labels", "annotations"]) {
    const map = objectAt(inputs, "metadata")[key];
    if (isObject(map) && Object.keys(map).length === 0) result = withValue(result, ["metadata", key], undefined);
  }
  return result;
}

function replacingFields(inputs: ValueObject): (path: Path) => boolean {
  const kind = textAt(inputs, "kind") ?? "";
  const prefixes = ["kind", "metadata.name", "metadata.namespace", ...(immutableFields[kind] ?? [])];
  return (path) => {
    const text = path.join(".");
    return prefixes.some((prefix) => text === prefix || text.startsWith(`${prefix}.`)) || text === "apiVersion";
  };
}

/** Fields that the API server doesn't change in an existing object. */
const immutableFields: Readonly<Record<string, readonly string[]>> = {
  Deployment: ["spec.selector"],
  DaemonSet: ["spec.selector"],
  ReplicaSet: ["spec.selector"],
  StatefulSet: ["spec.selector", "spec.serviceName", "spec.podManagementPolicy"],
  Job: ["spec.selector", "spec.template", "spec.completions"],
  Secret: ["type"],
  ClusterRoleBinding: ["roleRef"],
  RoleBinding: ["roleRef"],
  StorageClass: ["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"],
};

/** A kind that was new at its first check counted as namespaced; later the cluster may know better. */
function isScopeCorrection(path: Path, kind: Change["kind"], newInputs: ValueObject): boolean {
  return (
    kind === "delete" && path.join(".") === "metadata.namespace" && textAt(newInputs, "metadata", "name") !== undefined
  );
}

function notation(path: Path): string {
  return path
    .map((key, index) => {
      if (typeof key === "number") return `[${key}]`;
      if (!/^[\w$-]+$/.test(key)) return `["${key.replaceAll('"', '\\"')}"]`;
      return index === 0 ? key : `.${key}`;
    })
    .join("");
}
