import { apiGroup, apiVersion, releaseKind } from "../../model/index.js";
import type { LeaseView, LockPort } from "../../ports/index.js";
import type { ApiServer } from "./api-server.js";
import { NotFoundError } from "./errors.js";
import { anything, lease, releaseObject } from "./schemas.js";
import type { Place, Target } from "./target.js";
import { releasePlace } from "./target.js";

/** One Lease: of a release, or of several watchdogs among themselves. */
export class Lock implements LockPort {
  private readonly api: ApiServer;
  private readonly place: Place;
  private readonly durationSeconds: number;
  private readonly owner: Target | undefined;

  /** @param owner its CanaryRelease object, with which the Lease goes */
  constructor(api: ApiServer, place: Place, durationSeconds: number, owner?: Target) {
    this.api = api;
    this.place = place;
    this.durationSeconds = durationSeconds;
    this.owner = owner;
  }

  async read(signal: AbortSignal): Promise<LeaseView | undefined> {
    const found = await this.api.find({ verb: "get", ...this.place }, lease, signal);
    if (found === undefined) return undefined;
    const { holderIdentity, leaseTransitions: transitions, leaseDurationSeconds: durationSeconds } = found.spec;
    const holder = holderIdentity === "" ? undefined : holderIdentity;
    return { holder, version: found.metadata.resourceVersion, transitions, durationSeconds };
  }

  async take(seen: LeaseView | undefined, holder: string, signal: AbortSignal): Promise<boolean> {
    const { name, ...place } = this.place;
    const ownerReferences = this.owner === undefined ? [] : await this.ownedBy(this.owner, signal);
    const spec = this.spec(holder, (seen?.transitions ?? 0) + 1);
    const version = seen === undefined ? {} : { resourceVersion: seen.version };
    const metadata = { name, namespace: place.namespace, ownerReferences, ...version };
    const body = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec };
    if (seen === undefined) return this.api.tryWrite({ verb: "create", ...place, body }, anything, signal);
    return this.unlessGone(this.api.tryWrite({ verb: "update", ...place, name, body }, anything, signal));
  }

  renew(holder: string, signal: AbortSignal): Promise<boolean> {
    return this.patch(holder, { op: "add", path: "/spec/renewTime", value: microTime() }, signal);
  }

  async release(holder: string, signal: AbortSignal): Promise<void> {
    await this.patch(holder, { op: "remove", path: "/spec/holderIdentity" }, signal);
  }

  private patch(holder: string, operation: object, signal: AbortSignal): Promise<boolean> {
    const test = { op: "test", path: "/spec/holderIdentity", value: holder };
    const call = { ...this.place, patch: "json", test: true, body: [test, operation] } as const;
    return this.unlessGone(this.api.tryWrite({ verb: "patch", ...call }, anything, signal));
  }

  private async unlessGone(written: Promise<boolean>): Promise<boolean> {
    try {
      return await written;
    } catch (error) {
      if (error instanceof NotFoundError) return false;
      throw error;
    }
  }

  private spec(holderIdentity: string, leaseTransitions: number): object {
    const now = microTime();
    const leaseDurationSeconds = Math.max(1, Math.ceil(this.durationSeconds));
    return { holderIdentity, leaseDurationSeconds, acquireTime: now, renewTime: now, leaseTransitions };
  }

  private async ownedBy(owner: Target, signal: AbortSignal): Promise<readonly object[]> {
    const found = await this.api.find({ verb: "get", ...releasePlace(owner) }, releaseObject, signal);
    if (found === undefined) return [];
    const { uid } = found.metadata;
    return [{ apiVersion: `${apiGroup}/${apiVersion}`, kind: releaseKind, name: owner.name, uid }];
  }
}

/** The API server wants exactly six digits of a second's fraction. */
function microTime(): string {
  return new Date().toISOString().replace("Z", "000Z");
}
