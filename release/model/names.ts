/** Names that are part of our public contract with the cluster. */
export const apiGroup = "apisix-canary.io";
export const apiVersion = "v1";
export const releaseKind = "CanaryRelease";
export const releasePlural = "canaryreleases";

/** Who writes, as the API server records it: never `kubectl` or `pulumi-kubernetes`. */
export const fieldManager = "apisix-canary";

export const annotations = {
  /** On a pod template: the revision it is. */
  revision: `${apiGroup}/revision`,
  /** On the weighted route: the fencing token of the last holder of the lock. */
  fence: `${apiGroup}/fence`,
  /** On the CanaryRelease: what a person asks for (`apisix-canary abort|pause|approve|promote`, or plain kubectl). */
  abort: `${apiGroup}/abort`,
  pause: `${apiGroup}/pause`,
  approve: `${apiGroup}/approve`,
  promote: `${apiGroup}/promote`,
} as const;

/** What people ask of a live release, each by an annotation of that name. */
export const commands = ["abort", "pause", "approve", "promote"] as const;
export type Command = (typeof commands)[number];

export type Role = "canary" | "primary";

/** `podinfo` -> `podinfo-canary`, `podinfo-primary`: Services; the canary's Deployment has the plain name. */
export function serviceName(service: string, role: Role): string {
  return `${service}-${role}`;
}

export function deploymentName(release: string, role: Role): string {
  return role === "canary" ? release : `${release}-primary`;
}
