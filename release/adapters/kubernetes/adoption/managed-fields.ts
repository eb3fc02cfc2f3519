import { programManager } from "../../../model/index.js";
import type { LiveMetadata } from "../../../adoption/index.js";

type Entry = LiveMetadata["managedFields"][number];
type Fields = Readonly<Record<string, unknown>>;

/** Hands the fields below a path to the program, whoever has them; everything else stays with its manager. */
export function handOver(entries: readonly Entry[], path: readonly string[], apiVersion: string): readonly Entry[] {
  const moved: Fields[] = [];
  const left = entries.flatMap((entry): readonly Entry[] => {
    if ((entry.subresource ?? "") !== "") return [entry];
    const { taken, rest } = split(entry.fieldsV1, path);
    if (taken === undefined) return [entry];
    moved.push(taken);
    return Object.keys(rest).length === 0 ? [] : [{ ...entry, fieldsV1: rest }];
  });
  if (moved.length === 0) return entries;
  const isPrograms = ({ manager, operation }: Entry): boolean => manager === programManager && operation === "Apply";
  const own = left.find(isPrograms);
  const taken = path.reduceRight<Fields>((inner, key) => ({ [key]: inner }), moved.reduce(union, {}));
  const fieldsV1 = union(own?.fieldsV1 ?? {}, taken);
  const program = { manager: programManager, operation: "Apply", apiVersion, fieldsType: "FieldsV1", fieldsV1 };
  return [...left.filter((entry) => !isPrograms(entry)), { ...own, ...program }];
}

/** Without those of these managers: their fields stay as they are and are nobody's. */
export function withoutManagers(entries: readonly Entry[], managers: readonly string[]): readonly Entry[] {
  return entries.filter(({ manager, subresource }) => (subresource ?? "") !== "" || !managers.includes(manager));
}

function split(
  fields: Fields,
  [key, ...deeper]: readonly string[],
): { readonly taken: Fields | undefined; readonly rest: Fields } {
  if (key === undefined) return { taken: fields, rest: {} };
  const inner = fields[key];
  if (!isFields(inner)) return { taken: undefined, rest: fields };
  const { taken, rest } = split(inner, deeper);
  const { [key]: _inner, ...others } = fields;
  return { taken, rest: Object.keys(rest).length === 0 ? others : { ...others, [key]: rest } };
}

function union(a: Fields, b: Fields): Fields {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries([...keys].map((key) => [key, both(a[key], b[key])]));
}

function both(a: unknown, b: unknown): unknown {
  if (a === undefined) return b;
  if (b === undefined) return a;
  return isFields(a) && isFields(b) ? union(a, b) : a;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
