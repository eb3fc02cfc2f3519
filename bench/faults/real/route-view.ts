import { partsOf } from "../../../release/adapters/kubernetes/routes/parts.js";
import { splitOf } from "../../../release/adapters/kubernetes/routes/split.js";
import { route as routeSchema } from "../../../release/adapters/kubernetes/schemas.js";
import { emptyBuckets, splitText } from "../../../release/strategy/index.js";
import type { Split } from "../../../release/strategy/index.js";
import { at, textAt } from "../../side-by-side/objects.js";
import { weightOf } from "../../side-by-side/weights.js";

/** What a route asks of the gateway. */
export interface RouteView {
  /** The canary's highest share of any rule, previews and copies included; percent. */
  readonly weight: number;
  readonly primaryWeight: number;
  /** What all rules together ask, as messages say it. */
  readonly split: string;
  /** Each rule that does not rest, and how; "" where all do. */
  readonly unrest: string;
}

/** Undefined of a route of others. */
export function routeViewOf(route: unknown, name: string): RouteView | undefined {
  const names = { canary: `${name}-canary`, primary: `${name}-primary` };
  const parsed = routeSchema.safeParse(route);
  const parts = parsed.success ? partsOf(parsed.data, names) : [];
  const primaryWeight = weightOf(route, names.primary);
  if (parts.length === 0 || primaryWeight === undefined) return undefined;
  const split = splitOf(parts);
  return { weight: highestShareOf(split), primaryWeight, split: splitText(split), unrest: unrestOf(route, names) };
}

export function highestShareOf({
  base,
  matched = 0,
  preview = 0,
  mirrorPercent = 0,
  bucketsPercent = 0,
}: Split): number {
  return Math.max(base, matched, preview, mirrorPercent, bucketsPercent);
}

/** By the object alone, whatever the library makes of it. */
function unrestOf(route: unknown, names: { readonly canary: string; readonly primary: string }): string {
  const rules = listAt(route, "spec", "http");
  return rules.flatMap((rule) => ruleUnrest(rule, names).map((what) => `${textAt(rule, "name")} ${what}`)).join(", ");
}

function ruleUnrest(rule: unknown, names: { readonly canary: string; readonly primary: string }): readonly string[] {
  const backends = listAt(rule, "backends");
  const weight = (service: string): unknown =>
    at(
      backends.find((each) => at(each, "serviceName") === service),
      "weight",
    );
  const [canary, primary] = [weight(names.canary), weight(names.primary)];
  const isSplit = canary !== undefined && primary !== undefined && (canary !== 0 || primary !== 100);
  const copies = listAt(rule, "plugins").some(
    (plugin) => at(plugin, "name") === "proxy-mirror" && at(plugin, "enable") === true,
  );
  const sessions = listAt(rule, "match", "exprs").filter(
    (each) => at(each, "subject", "scope") === "Cookie" && at(each, "op") === "RegexMatch",
  );
  return [
    ...(isSplit ? [`is ${JSON.stringify(primary)}/${JSON.stringify(canary)}`] : []),
    ...(copies ? ["copies requests"] : []),
    ...sessions
      .map((each) => textAt(each, "value"))
      .flatMap((value) => (value === emptyBuckets ? [] : [`has ${value}`])),
  ];
}

function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}
