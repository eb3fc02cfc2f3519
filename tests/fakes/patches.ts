export type Json = Record<string, unknown>;

/** A merge patch (RFC 7386): null removes. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch) || Array.isArray(patch)) return patch;
  const result: Json = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch))
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  return result;
}

/** The object after the operations test, add, replace and remove (RFC 6902); undefined where one is refused. */
export function patched(object: Json, operations: unknown): Json | undefined {
  const next = structuredClone(object);
  const all: readonly unknown[] = Array.isArray(operations) ? operations : [];
  return all.every((operation) => isObject(operation) && apply(next, operation)) ? next : undefined;
}

function apply(root: Json, { op, path, value }: Json): boolean {
  const parts = String(path)
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  const last = parts.pop() ?? "";
  const parent = parts.reduce<unknown>((inner, part) => (isObject(inner) ? inner[part] : undefined), root);
  if (!isObject(parent)) return false;
  if (op === "test") return JSON.stringify(parent[last]) === JSON.stringify(value);
  if (op === "remove") return delete parent[last];
  parent[last] = value;
  return true;
}

/** Lists count: their elements are under "0", "1" and so on. */
function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null;
}
