import { isTree, mapParts } from "./tree.js";
import type { Lazily } from "./tree.js";

/** By label: what meant the template's own pods, and what means those of the role. */
export type OwnValues = ReadonlyMap<string, ReadonlyMap<unknown, string>>;

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
    return lazily(value, (known) => own.get(label)?.get(known) ?? known);
  }
}
