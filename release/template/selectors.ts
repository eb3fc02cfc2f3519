import { isTree, mapParts } from "./tree.js";
import type { Lazily } from "./tree.js";

/** By label: the values that meant the template's own pods, and the one that means those of the role. */
export type OwnValues = ReadonlyMap<string, { readonly meant: readonly unknown[]; readonly value: unknown }>;

/** Where a pod's spec says beside which pods it may be: there a selector of its own pods follows the role. */
const placing = ["affinity", "topologySpreadConstraints"] as const;

/** A spec whose label selectors mean the pods of the role where they meant the template's own; others stay. */
export function withSelectors(spec: Readonly<Record<string, unknown>>, own: OwnValues, lazily: Lazily): object {
  const changed = placing.flatMap((key) => (spec[key] === undefined ? [] : [[key, visit(spec[key], "")] as const]));
  return { ...spec, ...Object.fromEntries(changed) };

  function visit(value: unknown, key: string): unknown {
    return lazily(value, (known) => (key === "labelSelector" ? selector(known) : mapParts(known, visit)));
  }

  function selector(value: unknown): unknown {
    return mapParts(value, (part, key) =>
      lazily(part, (known) => {
        if (key === "matchLabels") return mapParts(known, valueOf);
        return key === "matchExpressions" ? mapParts(known, (each) => lazily(each, expression)) : known;
      }),
    );
  }

  function expression(value: unknown): unknown {
    if (!isTree(value)) return value;
    const { key: label, values } = value;
    return values === undefined
      ? value
      : { ...value, values: lazily(values, (known) => mapParts(known, (each) => valueOf(each, String(label)))) };
  }

  function valueOf(value: unknown, label: string): unknown {
    const { meant = [], value: ofRole } = own.get(label) ?? {};
    const from = (known: unknown, [first, ...rest]: readonly unknown[]): unknown =>
      lazily(first, (each) => (each === known ? ofRole : rest.length === 0 ? known : from(known, rest)));
    return meant.length === 0 ? value : lazily(value, (known) => from(known, meant));
  }
}
