import type { Api } from "./api.js";
import { expectSuccess } from "./cluster.js";
import type { Lease } from "./cluster.js";

interface Taking {
  readonly path: string;
  readonly holder: string;
  readonly durationSeconds: number;
  readonly seen: Lease | undefined;
  readonly ownerReferences?: readonly object[];
}

/** Takes a Lease if it is still as seen; false when somebody was faster. */
export async function takeLease(api: Api, taking: Taking): Promise<boolean> {
  const { path, holder, durationSeconds, seen, ownerReferences = [] } = taking;
  const [, namespace, name] = /\/namespaces\/([^/]+)\/leases\/([^/]+)$/.exec(path) ?? [];
  const now = microTime();
  const version = seen === undefined ? {} : { resourceVersion: seen.version };
  const body = {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name, namespace, ownerReferences, ...version },
    spec: {
      holderIdentity: holder,
      leaseDurationSeconds: durationSeconds,
      acquireTime: now,
      renewTime: now,
      leaseTransitions: (seen?.transitions ?? 0) + 1,
    },
  };
  const answer =
    seen === undefined ? await api("POST", path.slice(0, path.lastIndexOf("/")), body) : await api("PUT", path, body);
  if (answer.status === 409 || answer.status === 404) return false;
  expectSuccess("taking a lease", answer);
  return true;
}

/** False when the Lease is no longer ours. */
export function renewLease(api: Api, path: string, holder: string): Promise<boolean> {
  return change(api, path, holder, { op: "add", path: "/spec/renewTime", value: microTime() });
}

/** Gives a Lease back; does nothing when it isn't ours. */
export async function releaseLease(api: Api, path: string, holder: string): Promise<void> {
  await change(api, path, holder, { op: "remove", path: "/spec/holderIdentity" });
}

async function change(api: Api, path: string, holder: string, operation: object): Promise<boolean> {
  const answer = await api("JSON", path, [{ op: "test", path: "/spec/holderIdentity", value: holder }, operation]);
  if (answer.status === 404 || answer.status === 409 || answer.status === 422) return false;
  expectSuccess("renewing a lease", answer);
  return true;
}

/** The API server wants exactly six digits of a second's fraction. */
function microTime(): string {
  return new Date().toISOString().replace("Z", "000Z");
}
