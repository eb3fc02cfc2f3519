import { annotations, deploymentName } from "../model/index.js";
import type { Role } from "../model/index.js";

/** A pod template as plain data: what the pure parts work on. */
export interface PlainTemplate {
  readonly metadata?: { readonly labels?: Record<string, string>; readonly annotations?: Record<string, string> };
  readonly spec: Record<string, unknown> & { readonly containers: readonly Record<string, unknown>[] };
}

/** Old names of ConfigMaps and Secrets to the hashed ones of this role. */
export type Renames = Readonly<Record<string, string>>;

/** Labels by which people tell a workload; selectors in the template that use its value follow the role. */
const nameLabels = ["app", "name", "app.kubernetes.io/name"] as const;

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
 * configuration, and a preStop pause where the user gave none.
 */
export function templateFor(
  role: Role,
  release: string,
  revision: string,
  template: PlainTemplate,
  renames: Renames,
): PlainTemplate {
  const own = deploymentName(release, role);
  const labels = template.metadata?.labels ?? {};
  const values = new Set(nameLabels.map((label) => labels[label]).concat(release));
  const spec = rewrite(template.spec, renames, values, own);
  return {
    metadata: {
      labels: { ...renamedLabels(labels, own), app: own },
      annotations: { ...template.metadata?.annotations, [annotations.revision]: revision },
    },
    spec: { ...spec, containers: spec.containers.map((each) => withPause(each, preStopSeconds(spec))) },
  };
}

export function selectorFor(role: Role, release: string): { readonly app: string } {
  return { app: deploymentName(release, role) };
}

function renamedLabels(labels: Record<string, string>, own: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels).map(([key, value]) => [key, nameLabels.some((label) => label === key) ? own : value]),
  );
}

function withPause(container: Record<string, unknown>, seconds: number): Record<string, unknown> {
  return container["lifecycle"] === undefined && seconds > 0
    ? { ...container, lifecycle: { preStop: { sleep: { seconds } } } }
    : container;
}

/** Within the grace period of the template, which must be longer than the pause. */
function preStopSeconds(spec: PlainTemplate["spec"]): number {
  const given = spec["terminationGracePeriodSeconds"];
  const grace = typeof given === "number" ? given : defaultGraceSeconds;
  return Math.min(longestPreStopSeconds, Math.max(Math.floor(grace / 2), grace - shutdownSeconds));
}

/** Fields whose string value names a ConfigMap or Secret, by the key of the object that holds them. */
const nameFields: Readonly<Record<string, string>> = {
  configMap: "name",
  configMapRef: "name",
  configMapKeyRef: "name",
  secretRef: "name",
  secretKeyRef: "name",
};

function rewrite(
  spec: PlainTemplate["spec"],
  renames: Renames,
  values: ReadonlySet<string | undefined>,
  own: string,
): PlainTemplate["spec"] {
  const renamed = (name: unknown): unknown => (typeof name === "string" ? (renames[name] ?? name) : name);
  const visit = (value: unknown, key: string, parent: string): unknown => {
    if (Array.isArray(value)) return value.map((each) => visit(each, key, parent));
    if (key === "secretName" && parent === "secret") return renamed(value);
    if (key === "name" && (nameFields[parent] !== undefined || parent === "secret")) return renamed(value);
    if (typeof value === "object" && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([each, inner]) => [each, visit(inner, each, key)]));
    }
    const isNameLabel = nameLabels.some((label) => label === key);
    return parent === "matchLabels" && isNameLabel && typeof value === "string" && values.has(value) ? own : value;
  };
  const visited = Object.fromEntries(Object.entries(spec).map(([key, value]) => [key, visit(value, key, "")]));
  return { ...visited, containers: spec.containers.map((each, index) => ({ ...each, ...objectAt(visited, index) })) };
}

function objectAt(spec: Record<string, unknown>, index: number): Record<string, unknown> {
  const containers: unknown = spec["containers"];
  const found: unknown = Array.isArray(containers) ? containers[index] : undefined;
  return typeof found === "object" && found !== null ? { ...found } : {};
}
