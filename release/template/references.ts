import { mapParts, plainly } from "./tree.js";
import type { Lazily } from "./tree.js";

/** Old names of ConfigMaps and Secrets to others; what stands for a name may be known later. */
export type Renames = Readonly<Record<string, unknown>>;

type Kind = "ConfigMap" | "Secret";

/** The object in a pod's spec that holds a name, the field of the name in it, and what is named. */
const holders: Readonly<Record<string, readonly [field: string, kind: Kind]>> = {
  configMap: ["name", "ConfigMap"],
  configMapRef: ["name", "ConfigMap"],
  configMapKeyRef: ["name", "ConfigMap"],
  secretRef: ["name", "Secret"],
  secretKeyRef: ["name", "Secret"],
};

/** A volume calls it `secretName`, a projected source `name`. */
function isName(holder: string, field: string): Kind | undefined {
  if (holder === "secret") return field === "secretName" || field === "name" ? "Secret" : undefined;
  const [expected, kind] = holders[holder] ?? [];
  return expected === field ? kind : undefined;
}

/** A spec whose ConfigMaps and Secrets have other names, wherever it can name them. */
export function withNames(spec: unknown, renames: Renames, lazily: Lazily): unknown {
  return eachName(spec, lazily, (name) => (typeof name === "string" ? (renames[name] ?? name) : name));
}

/** What a spec names, each once. A name that is not known yet is left out. */
export function namesIn(spec: unknown): {
  readonly configMaps: readonly string[];
  readonly secrets: readonly string[];
} {
  const found = { ConfigMap: new Set<string>(), Secret: new Set<string>() };
  eachName(spec, plainly, (name, kind) => {
    if (typeof name === "string") found[kind].add(name);
    return name;
  });
  return { configMaps: [...found.ConfigMap].toSorted(), secrets: [...found.Secret].toSorted() };
}

function eachName(spec: unknown, lazily: Lazily, make: (name: unknown, kind: Kind) => unknown): unknown {
  const visit = (value: unknown, key: string, holder: string): unknown =>
    lazily(value, (known) => {
      const kind = isName(holder, key);
      return kind === undefined ? mapParts(known, (part, inner) => visit(part, inner, key)) : make(known, kind);
    });
  // Items of a list have no key of their own.
  return visit(spec, "", "");
}
