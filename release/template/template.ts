import { annotations, deploymentName } from "../model/index.js";
import type { Role } from "../model/index.js";
import { withNames } from "./references.js";
import type { Renames } from "./references.js";
import { withSelectors } from "./selectors.js";
import type { OwnValues } from "./selectors.js";
import { isTree, plainly } from "./tree.js";
import type { Lazily, Tree } from "./tree.js";

/** A pod template as the pure parts work on it: of its spec no more than the structure needs to be known. */
export interface PlainTemplate<Text = string> {
  readonly metadata?: {
    readonly labels?: Record<string, string | Text>;
    readonly annotations?: Record<string, string | Text>;
  };
  readonly spec: Record<string, unknown> & { readonly containers: readonly Record<string, unknown>[] };
}

/** What is not as usual about a template. */
export interface Reading {
  /** Parts of the spec that are not known yet. Default: all of it is known. */
  readonly lazily?: Lazily;
  /** It was made for the primary, as a live one may be. */
  readonly from?: Role;
}

/** What Services and Deployments of a release select: its value is the Deployment's name. */
const selectorLabel = "app";
/** Labels by which people tell workloads: the primary has a value of its own in them. */
const nameLabels = ["name", "app.kubernetes.io/name"] as const;

/**
 * A terminating pod goes on serving so long, so that the gateway hears of it first; also when the ingress controller dies
 * in the middle of a rollout and another one must first become leader (some 15 s).
 */
const longestPreStopSeconds = 20;
/** Of the grace period this much is left to the program itself. */
const shutdownSeconds = 10;
/** Kubernetes' own default. */
const defaultGraceSeconds = 30;

/**
 * The pod template of one role: its own selector label, the revision, references to its own copies of the
 * configuration, selectors that follow the role, and a preStop pause where the user gave none. The other labels of the
 * template stay; of those that name the workload the primary has `<value>-primary`.
 */
export function templateFor<Text = string>(
  role: Role,
  release: string,
  revision: Text,
  template: PlainTemplate<Text>,
  renames: Renames,
  { lazily = plainly, from = "canary" }: Reading = {},
): PlainTemplate<Text> {
  const labels = template.metadata?.labels ?? {};
  const own = { ...labels, ...namesOf(role, from, labels, lazily), ...selectorFor(role, release) };
  const spec = asSpec(withNames(template.spec, renames, lazily), template.spec);
  const pause = lazily(spec["terminationGracePeriodSeconds"], preStopSeconds);
  return {
    metadata: { labels: own, annotations: { ...template.metadata?.annotations, [annotations.revision]: revision } },
    spec: {
      ...withSelectors(spec, ownValues(release, labels, own), lazily),
      containers: spec.containers.map((each) => withPause(each, pause, lazily)),
    },
  };
}

export function selectorFor(role: Role, release: string): { readonly app: string } {
  return { [selectorLabel]: deploymentName(release, role) };
}

/** Whether a release writes this label of its pods itself. */
export function isOwnLabel(label: string): boolean {
  return [selectorLabel, ...nameLabels].includes(label);
}

/** The template's value of the label that a release replaces with names of its own; undefined where it is the same. */
export function replacedLabel(release: string, labels: Tree): string | undefined {
  const given = labels[selectorLabel];
  return typeof given === "string" && given !== release ? given : undefined;
}

const primarySuffix = "-primary";
const longestLabel = 63;

function namesOf(role: Role, from: Role, labels: Tree, lazily: Lazily): Tree {
  const nameFor = (given: unknown): unknown => {
    if (typeof given !== "string") return given;
    const base = from === "primary" && given.endsWith(primarySuffix) ? given.slice(0, -primarySuffix.length) : given;
    return role === "canary" ? base : `${base.slice(0, longestLabel - primarySuffix.length)}${primarySuffix}`;
  };
  const named = nameLabels.filter((label) => labels[label] !== undefined);
  return Object.fromEntries(named.map((label) => [label, lazily(labels[label], nameFor)]));
}

function ownValues(release: string, before: Tree, own: Tree): OwnValues {
  const labels = [selectorLabel, ...nameLabels].filter((label) => own[label] !== undefined);
  return new Map(
    labels.map((label) => [
      label,
      { meant: label === selectorLabel ? [before[label], release] : [before[label]], value: own[label] },
    ]),
  );
}

/** Other hooks stay as they are. */
function withPause(container: Tree, seconds: unknown, lazily: Lazily): Record<string, unknown> {
  const lifecycle = lazily(container["lifecycle"], (hooks) =>
    lazily(seconds, (known) => {
      const given = isTree(hooks) ? hooks : {};
      return known === 0 || given["preStop"] !== undefined
        ? hooks
        : { ...given, preStop: { sleep: { seconds: known } } };
    }),
  );
  return lifecycle === undefined ? { ...container } : { ...container, lifecycle };
}

/** Within the grace period of the template, which must be longer than the pause. */
function preStopSeconds(given: unknown): number {
  const grace = typeof given === "number" ? given : defaultGraceSeconds;
  return Math.min(longestPreStopSeconds, Math.max(Math.floor(grace / 2), grace - shutdownSeconds));
}

/** A spec keeps its containers whatever was made of what is in them. */
function asSpec(made: unknown, { containers }: PlainTemplate["spec"]): PlainTemplate["spec"] {
  const spec = isTree(made) ? made : {};
  const changed: unknown = spec["containers"];
  const list: readonly unknown[] = Array.isArray(changed) ? changed : [];
  return {
    ...spec,
    containers: containers.map((each, index) => {
      const made = list[index];
      return isTree(made) ? { ...made } : each;
    }),
  };
}
