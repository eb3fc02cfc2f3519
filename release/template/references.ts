import { mapParts, plainly } from "./tree.js";
import type { Lazily } from "./tree.js";

export type ConfigurationKind = "ConfigMap" | "Secret";

/** What stands for the name of a ConfigMap or Secret; it may be known later. */
export type Rename = (name: string, kind: ConfigurationKind) => unknown;

/** Old names to others, or how to find them. */
export type Renames = Readonly<Record<string, unknown>> | Rename;

/** The object in a pod's spec that holds a name, the field of the name in it, and what is named. */
const holders: Readonly<Record<string, readonly [field: string, kind: ConfigurationKind]>> = {
  configMap: ["name", "ConfigMap"],
  configMapRef: ["name", "ConfigMap"],
  configMapKeyRef: ["name", "ConfigMap"],
  secretRef: ["name", "Secret"],
  secretKeyRef: ["name", "Secret"],
};

/** A volume calls it `secretName`, a projected source `name`. */
function kindOf(holder: string, field: string): ConfigurationKind | undefined {
  if (holder === "secret") return field === "secretName" || field === "name" ? "Secret" : undefined;
  const [expected, kind] = Object.hasOwn(holders, holder) ? (holders[holder] ?? []) : [];
  return expected === field ? kind : undefined;
}

/** A spec whose ConfigMaps and Secrets have other names, wherever it can name them. */
export function withNames(spec: unknown, renames: Renames, lazily: Lazily): unknown {
  const rename: Rename = typeof renames === "function" ? renames : (name) => renames[name] ?? name;
  return eachName(spec, lazily, (given, kind) =>
    lazily(given, (name) => (typeof name === "string" ? rename(name, kind) : name)),
  );
}

/** What a spec names, as it stands there; `lazily` decides how far parts are looked into that may be known later. */
export function namesIn(
  spec: unknown,
  lazily: Lazily = plainly,
): Readonly<Record<ConfigurationKind, readonly unknown[]>> {
  const found = { ConfigMap: new Set<unknown>(), Secret: new Set<unknown>() };
  eachName(spec, lazily, (name, kind) => {
    found[kind].add(name);
    return name;
  });
  return { ConfigMap: [...found.ConfigMap], Secret: [...found.Secret] };
}

function eachName(spec: unknown, lazily: Lazily, make: (name: unknown, kind: ConfigurationKind) => unknown): unknown {
  const visit = (value: unknown, key: string, holder: string): unknown => {
    const kind = kindOf(holder, key);
    if (kind !== undefined) return make(value, kind);
    return lazily(value, (known) => mapParts(known, (part, inner) => visit(part, inner, key)));
  };
  // Items of a list have no key of their own.
  return visit(spec, "", "");
}
