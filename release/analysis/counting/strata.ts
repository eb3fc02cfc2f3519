import type { Side } from "./tally.js";

/** Which parts of the traffic are judged beside the whole, and how much each counts. */
export interface Strata {
  /** By the key of the part; they sum to 1 at most. */
  readonly weights: Readonly<Record<string, number>>;
  /** The group that a pod of the subject belongs to, by its address. */
  readonly groups: Readonly<Record<string, number>>;
}

export type StratumKind = "pod" | "method";

/**
 * Parts of the traffic that are judged beside the whole: the subject's pods and the method classes. A fault of one pod,
 * or of writes alone, is thinned out in the whole and plain in its part.
 *
 * **Budget.** The parts and the whole are one mixture of evidence: each has a weight, fixed before its first request, and
 * the weights sum to 1. A part's evidence counts times its weight, so that all parts together roll back a healthy release
 * no more often than one would (a mixture of supermartingales is one). Rare parts can't eat the budget: there are three
 * method classes and at most `mostGroups` groups of pods, whatever clients and autoscalers do.
 */
const wholeWeight = 0.6;
const methodShares: Readonly<Record<string, number>> = { read: 0.4, write: 0.5, other: 0.1 };
const mostGroups = 12;
/** Addresses whose group is remembered. */
const mostNodes = 200;
/** Of the pods' weight, kept for pods that come during the run. */
const laterPods = 0.1;

export const whole = "all";

/** No parts: the whole has all the weight. */
const noStrata: Strata = { weights: { [whole]: 1 }, groups: {} };

/** Decided at a run's first look: method classes where the gateway names them, pods where the subject has several. */
export function strataFor(kinds: readonly StratumKind[], nodes: readonly string[], hasMethods: boolean): Strata {
  const pods = kinds.includes("pod") && nodes.length > 1;
  const methods = kinds.includes("method") && hasMethods;
  if (!pods && !methods) return noStrata;
  const each = (1 - wholeWeight) / (pods && methods ? 2 : 1);
  return {
    weights: {
      [whole]: wholeWeight,
      ...(methods ? methodWeights(each) : {}),
      ...(pods ? podWeights(each, Math.min(nodes.length, mostGroups)) : {}),
    },
    groups: pods ? joining({}, nodes) : {},
  };
}

function methodWeights(all: number): Strata["weights"] {
  return Object.fromEntries(
    Object.entries(methodShares).map(([method, share]) => [methodStratum(method), all * share]),
  );
}

/** Equal parts for the pods that are there, and a falling series for the groups that may come. */
function podWeights(all: number, there: number): Strata["weights"] {
  const weight = (group: number): number =>
    group < there ? (all * (1 - laterPods)) / there : (all * laterPods) / ((group - there + 1) * (group - there + 2));
  return Object.fromEntries(Array.from({ length: mostGroups }, (_, group) => [podStratum(group), weight(group)]));
}

/** Pods that came since: each begins a group of its own while there is room. */
export function withNewPods(strata: Strata, nodes: readonly string[]): Strata {
  if (Object.keys(strata.groups).length === 0 || nodes.every((node) => strata.groups[node] !== undefined))
    return strata;
  const groups = joining(strata.groups, nodes);
  const names = Object.keys(groups);
  if (names.length <= mostNodes) return { ...strata, groups };
  const gone = new Set(names.filter((node) => !nodes.includes(node)).slice(0, names.length - mostNodes));
  return { ...strata, groups: Object.fromEntries(Object.entries(groups).filter(([node]) => !gone.has(node))) };
}

function joining(groups: Strata["groups"], nodes: readonly string[]): Strata["groups"] {
  const next = { ...groups };
  for (const node of nodes.toSorted()) next[node] ??= Object.keys(next).length % mostGroups;
  return next;
}

function methodStratum(methodClass: string): string {
  return `method ${methodClass}`;
}

function podStratum(group: number): string {
  return `pod ${group}`;
}

/** The parts that a request belongs to, besides the whole. */
export function strataOf(strata: Strata, node: string, methodClass: string | undefined, side: Side): readonly string[] {
  const found: string[] = [];
  const method = methodClass === undefined ? undefined : methodStratum(methodClass);
  if (method !== undefined && strata.weights[method] !== undefined) found.push(method);
  const group = strata.groups[node];
  if (group !== undefined && side === "subject") found.push(podStratum(group));
  return found;
}

/** `pod 10.0.0.2`, `write requests`: as sentences name a part; undefined for the whole. */
export function stratumName({ groups }: Strata, key: string): string | undefined {
  if (key === whole) return undefined;
  if (key.startsWith("method ")) return `${key.slice("method ".length)} requests`;
  const nodes = Object.keys(groups).filter((node) => podStratum(groups[node] ?? -1) === key);
  const named = nodes.slice(0, 3).join(", ");
  return nodes.length === 1 ? `pod ${named}` : `pods ${named}${nodes.length > 3 ? ", …" : ""}`;
}

/** What a part of the subject is compared with: the same methods of the other version, or all of it for a pod. */
export function baselineOf(key: string): string {
  return key.startsWith("pod ") ? whole : key;
}
