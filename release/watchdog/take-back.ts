import type { Api } from "./api.js";
import { expectSuccess, leasePath, lookAt, readLease, readRelease, releasePath } from "./cluster.js";
import type { Lease, Release } from "./cluster.js";
import { mayReturn } from "./decide.js";
import { numberAt, textAt } from "./json.js";
import { releaseLease, renewLease, takeLease } from "./lease.js";
import { abortAnnotation } from "./names.js";
import { claimRoute, readRoute, setCanaryWeightZero } from "./route.js";
import { readSides } from "./sides.js";
import { failedStatus, writeStatus } from "./status.js";

export type Outcome =
  | { readonly kind: "done"; readonly message: string }
  /** Somebody else is at work on the release by now. */
  | { readonly kind: "taken" }
  /** Users are better off as it is; looked at again later. */
  | { readonly kind: "stays"; readonly why: string };

export interface Hands {
  readonly api: Api;
  /** Name of this pod, as the Lease's holder. */
  readonly holder: string;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

const leaseSeconds = 15;
const renewEveryMs = 4_000;
/** Gateways take up to some 160 ms for a new weight; below this a request could still meet a pod that is going. */
const shortestDrainSeconds = 1;

/**
 * Takes one release back: lock, fence, journal, weight 0, drain, canary to 0, status Failed. Every step is idempotent
 * and every write is refused as soon as another run has taken over.
 */
export async function takeBack(
  hands: Hands,
  seen: Release,
  lease: Lease | undefined,
  reason: string,
): Promise<Outcome> {
  const { api, holder } = hands;
  const path = leasePath(seen);
  const owner = { apiVersion: "apisix-canary.io/v1", kind: "CanaryRelease", name: seen.name, uid: seen.uid };
  const taking = { path, holder, durationSeconds: leaseSeconds, seen: lease, ownerReferences: [owner] };
  if (!(await takeLease(api, taking))) return { kind: "taken" };
  try {
    return await underLock(hands, seen, reason);
  } finally {
    await releaseLease(api, path, holder).catch(() => undefined);
  }
}

async function underLock(hands: Hands, seen: Release, reason: string): Promise<Outcome> {
  const { api } = hands;
  const release = await readRelease(api, seen);
  if (release === undefined || release.uid !== seen.uid || !isUnchanged(release, seen)) return { kind: "taken" };
  const sides = await readSides(api, release);
  const allowed = mayReturn(sides);
  if (allowed.kind === "no") return { kind: "stays", why: allowed.why };
  const route = await readRoute(api, release);
  const ours = await readLease(api, leasePath(release));
  const statusFence = numberAt(release.status, "fence") ?? 0;
  const token = Math.max(statusFence, route?.fence ?? 0, ours?.transitions ?? 0) + 1;
  if (route !== undefined && !(await claimRoute(api, release, token))) return { kind: "taken" };
  const journaled = await writeStatus(api, release, { canaryWeight: 0, fence: token });
  if (!journaled) return { kind: "taken" };
  if (route !== undefined && route.canaryWeight > 0) {
    if (!(await setCanaryWeightZero(api, release, token))) return { kind: "taken" };
  }
  if (!(await drain(hands, release))) return { kind: "taken" };
  return finish(hands, release, token, reason, sides.sameRevision);
}

async function finish(
  { api, holder }: Hands,
  release: Release,
  token: number,
  reason: string,
  sameRevision: boolean,
): Promise<Outcome> {
  const canary = await readCanary(api, release);
  // After the canary was read and before it is changed: whoever takes over changes first the token, then the canary.
  if (!(await renewLease(api, leasePath(release), holder))) return { kind: "taken" };
  const route = await readRoute(api, release);
  if (route !== undefined && (route.fence !== token || route.canaryWeight > 0)) return { kind: "taken" };
  if (route?.frozen === true)
    return { kind: "stays", why: "the gateway's sync is frozen, weight 0 is asked and the canary's pods stay" };
  if (!(await scaleToZero(api, release, canary))) return { kind: "taken" };
  const status = failedStatus(release, reason, sameRevision, new Date());
  if (!(await writeStatus(api, release, { ...status, fence: token }))) return { kind: "taken" };
  if (release.abort !== undefined) await clearAbort(api, release);
  return { kind: "done", message: status.message };
}

/** Nothing that a run writes has changed since the decision. */
function isUnchanged(now: Release, seen: Release): boolean {
  const a = lookAt(now, undefined);
  const b = lookAt(seen, undefined);
  return a !== undefined && b !== undefined && JSON.stringify(a) === JSON.stringify(b);
}

/** Waits until no request is on its way to the canary; false when the Lease was lost meanwhile. */
async function drain({ api, holder, sleep }: Hands, release: Release): Promise<boolean> {
  const seconds = Math.max(shortestDrainSeconds, numberAt(release.status, "drainSeconds") ?? 3);
  for (let leftMs = seconds * 1000; leftMs > 0; leftMs -= renewEveryMs) {
    await sleep(Math.min(leftMs, renewEveryMs));
    if (!(await renewLease(api, leasePath(release), holder))) return false;
  }
  return true;
}

function deploymentPath({ namespace, deployment }: Release): string {
  return `/apis/apps/v1/namespaces/${namespace}/deployments/${deployment}`;
}

async function readCanary(api: Api, release: Release): Promise<unknown> {
  const found = await api("GET", deploymentPath(release));
  return found.status === 404 ? undefined : expectSuccess("reading the canary", found);
}

/**
 * A patch of the Deployment itself: the scale subresource would drop our ownership of the field. False where it is not
 * as it was read.
 */
async function scaleToZero(api: Api, release: Release, canary: unknown): Promise<boolean> {
  if (canary === undefined || numberAt(canary, "spec", "replicas") === 0) return true;
  const version = textAt(canary, "metadata", "resourceVersion") ?? "";
  const answer = await api("JSON", deploymentPath(release), [
    { op: "test", path: "/metadata/resourceVersion", value: version },
    { op: "add", path: "/spec/replicas", value: 0 },
  ]);
  if (answer.status === 404) return true;
  if (answer.status === 409 || answer.status === 422) return false;
  expectSuccess("scaling the canary down", answer);
  return true;
}

async function clearAbort(api: Api, release: Release): Promise<void> {
  const body = { metadata: { annotations: { [abortAnnotation]: null } } };
  await api("MERGE", releasePath(release), body);
}

/** For people: which revision it was, and what its message says. */
export function describeRelease(release: Release): string {
  const revision = textAt(release.status, "revision") ?? "unknown";
  const phase = textAt(release.status, "phase") ?? "unknown";
  return `${release.name}.${release.namespace} (revision ${revision}, ${phase})`;
}
