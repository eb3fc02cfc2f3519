/** Names that are part of our public contract with the cluster. */
export const apiGroup = "apisix-canary.io";
export const apiVersion = "v1";
export const releaseKind = "CanaryRelease";
export const releasePlural = "canaryreleases";

/** Who writes, as the API server records it: never `kubectl` or `pulumi-kubernetes`. */
export const fieldManager = "apisix-canary";

/**
 * Under which the program's typed resources write what was taken over: a server-side apply takes a field away only from
 * the manager that gives it up, so what is to follow the program must have no other.
 */
export const programManager = "pulumi-apisix-canary";

export const annotations = {
  /** On every object of a release: whose it is, as `releaseMark` writes it. */
  release: `${apiGroup}/release`,
  /** On a pod template: the revision it is. */
  revision: `${apiGroup}/revision`,
  /** On a ConfigMap or Secret: `disabled` where a change of it is no revision. */
  configTracking: `${apiGroup}/config-tracking`,
  /** On the weighted route: the fencing token of the last holder of the lock. */
  fence: `${apiGroup}/fence`,
  /** On the weighted route: the ApisixRoute whose rules it splits. */
  source: `${apiGroup}/source-route`,
  /** On a Deployment that a takeover has made: hash of the template that it was made from. */
  madeFrom: `${apiGroup}/made-from`,
  /** On a primary that is given back one day: labels and annotations that its pods have for their role alone. */
  roleMetadata: `${apiGroup}/role-metadata`,
  /** On a primary that Flagger has made and that is being replaced. */
  takenFrom: `${apiGroup}/taken-from`,
  /** On a Service that was taken over: what it selected before. */
  selectorBefore: `${apiGroup}/selector-before`,
  /** On the weighted route: which kinds of its rules its strategy has added, `match,preview`; left out where none. */
  rules: `${apiGroup}/rules`,
  /** On the CanaryRelease: what a person asks for (`apisix-canary abort|pause|approve|promote`, or plain kubectl). */
  abort: `${apiGroup}/abort`,
  pause: `${apiGroup}/pause`,
  approve: `${apiGroup}/approve`,
  promote: `${apiGroup}/promote`,
} as const;

/** `test/podinfo`: what every object of that release carries. A name alone proves nothing. */
export function releaseMark(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

/** Which of the two versions of a release. */
export type Role = "canary" | "primary";

/**
 * Which of the Deployments of a release: of its two versions, or of the fresh pods of the old one that the canary is
 * compared with, where that is asked for.
 */
export type WorkloadRole = Role | "baseline";

/** Tells the baseline's pods from the primary's, with which they stand behind one Service. */
export const baselineLabel = { key: `${apiGroup}/role`, value: "baseline" } as const;

/** `podinfo` -> `podinfo-canary`, `podinfo-primary`: Services; the canary's Deployment has the plain name. */
export function serviceName(service: string, role: Role): string {
  return `${service}-${role}`;
}

/** Stands in while a primary is replaced under users. */
export function interimName(release: string): string {
  return `${release}-interim`;
}

export function leaseName(release: string): string {
  return `apisix-canary-${release}`;
}

/** The ConfigMap of the last run's report. */
export function reportName(release: string): string {
  return `${release}-report`;
}

export function deploymentName(release: string, role: WorkloadRole): string {
  return role === "canary" ? release : `${release}-${role}`;
}
