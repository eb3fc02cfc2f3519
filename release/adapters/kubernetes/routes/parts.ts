import { annotations } from "../../../model/index.js";
import { mirrorPath, ruleKindOf, ruleKinds } from "../../../strategy/index.js";
import type { OwnRuleKind, RuleKind } from "../../../strategy/index.js";
import type { Route } from "../schemas.js";

type Rule = Route["spec"]["http"][number];

/** Names of the two backends of a release. */
export interface BackendNames {
  readonly canary: string;
  readonly primary: string;
}

/** One rule that a release moves, by the places of what it moves. */
export interface Part {
  readonly index: number;
  readonly name: string;
  readonly kind: RuleKind;
  readonly canary: Place;
  readonly primary: Place;
  /** What the two weights add up to beside other backends of the rule, which keep their share; undefined where they are alone. */
  readonly total: number | undefined;
  /** Of a base rule: the plugin that copies users' requests. */
  readonly mirror: Mirror | undefined;
  /** Of a bucket rule: the condition on its cookie; of a newcomer's: on the cookie that is about to be given. */
  readonly bucket: Bucket | undefined;
}

interface Place {
  readonly at: number;
  readonly name: string;
  readonly weight: number;
}

interface Bucket {
  readonly at: number;
  readonly scope: "Cookie" | "Variable";
  readonly pattern: string;
}

interface Mirror {
  readonly at: number;
  readonly isOn: boolean;
  readonly ratio: number;
}

/** The rules that have both backends, as they are. */
export function partsOf(route: Route, names: BackendNames): readonly Part[] {
  const own = ownKindsOf(route);
  return route.spec.http.flatMap((rule, index) => {
    const canary = placeOf(rule, names.canary);
    const primary = placeOf(rule, names.primary);
    if (canary === undefined || primary === undefined) return [];
    const kind = ruleKindOf(rule.name, own);
    const mirror = kind === "base" ? mirrorIn(rule) : undefined;
    const bucket = bucketOf(kind, rule);
    const total = totalOf(rule, canary, primary);
    return [{ index, name: rule.name, kind, canary, primary, total, mirror, bucket }];
  });
}

/** Of which kinds rules of ours are there: a name alone may be the user's own. */
function ownKindsOf({ metadata }: Route): readonly OwnRuleKind[] {
  const said = (metadata.annotations[annotations.rules] ?? "").split(",");
  return ruleKinds.filter((kind) => kind !== "base").filter((kind) => said.includes(kind));
}

function totalOf({ backends, upstreams }: Rule, canary: Place, primary: Place): number | undefined {
  const sum = canary.weight + primary.weight;
  return backends.length + upstreams.length === 2 || sum === 0 ? undefined : sum;
}

function placeOf({ backends }: Rule, name: string): Place | undefined {
  const at = backends.findIndex(({ serviceName }) => serviceName === name);
  const weight = backends[at]?.weight;
  return weight === undefined ? undefined : { at, name, weight };
}

/** A user's own proxy-mirror copies to somewhere else. */
function mirrorIn({ plugins: given }: Rule): Mirror | undefined {
  const plugins = given ?? [];
  const at = plugins.findIndex(({ name, config }) => name === "proxy-mirror" && config.path.startsWith(mirrorPath));
  const found = plugins[at];
  return found === undefined ? undefined : { at, isOn: found.enable, ratio: found.config.sample_ratio };
}

function bucketOf(kind: RuleKind, rule: Rule): Bucket | undefined {
  if (kind === "bucket") return bucketIn(rule, "Cookie");
  return kind === "newcomer" ? bucketIn(rule, "Variable") : undefined;
}

/** Ours is behind the conditions of the user's rule. */
function bucketIn({ match }: Rule, scope: Bucket["scope"]): Bucket | undefined {
  const exprs = match?.exprs ?? [];
  const at = exprs.findLastIndex(({ subject, op }) => subject.scope === scope && op === "RegexMatch");
  const found = exprs[at];
  return found === undefined ? undefined : { at, scope, pattern: found.value };
}
