import { apiGroup, apiVersion, fieldManager, releaseKind } from "../../model/index.js";
import type { ApiServer } from "./api-server.js";
import { NotFoundError } from "./errors.js";
import { anything, releaseObject } from "./schemas.js";
import { releasePlace } from "./target.js";
import type { Target } from "./target.js";

interface Known {
  readonly name: string;
  count: number;
}

/** Most messages of one run that are remembered, so that a repetition counts up instead of filling etcd. */
const remembered = 500;

/** Kubernetes Events on the CanaryRelease object, the same message counted up as `kubectl describe` shows it. */
export class Events {
  private readonly api: ApiServer;
  private readonly target: Target;
  private readonly known = new Map<string, Known>();
  private uid: string | undefined;

  constructor(api: ApiServer, target: Target) {
    this.api = api;
    this.target = target;
  }

  /** Does nothing where the object is gone. */
  async write(type: "Normal" | "Warning", message: string, at: Date, signal: AbortSignal): Promise<void> {
    const key = `${type} ${message}`;
    const known = this.known.get(key);
    if (known !== undefined && (await this.countUp(known, at, signal))) return;
    const uid = (this.uid ??= await this.readUid(signal));
    if (uid === undefined) return;
    const name = `${this.target.name}.${at.getTime().toString(16)}${Math.random().toString(16).slice(2, 10)}`;
    const { namespace } = this.target;
    const body = this.event(name, uid, type, message, at);
    await this.api.do(
      { verb: "create", group: "", version: "v1", plural: "events", namespace, body },
      anything,
      signal,
    );
    if (this.known.size < remembered) this.known.set(key, { name, count: 1 });
  }

  private async countUp(known: Known, at: Date, signal: AbortSignal): Promise<boolean> {
    const { namespace } = this.target;
    const body = { count: known.count + 1, lastTimestamp: seconds(at) };
    const place = { group: "", version: "v1", plural: "events", namespace, name: known.name };
    try {
      await this.api.do({ verb: "patch", ...place, patch: "merge", body }, anything, signal);
      known.count += 1;
      return true;
    } catch (error) {
      if (error instanceof NotFoundError) return false;
      throw error;
    }
  }

  private async readUid(signal: AbortSignal): Promise<string | undefined> {
    const found = await this.api.find({ verb: "get", ...releasePlace(this.target) }, releaseObject, signal);
    return found?.metadata.uid;
  }

  private event(name: string, uid: string, type: string, message: string, at: Date): object {
    const { namespace, name: release } = this.target;
    const time = seconds(at);
    return {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name, namespace },
      involvedObject: { apiVersion: `${apiGroup}/${apiVersion}`, kind: releaseKind, namespace, name: release, uid },
      reason: "Synced",
      message: message.slice(0, 1024),
      type,
      source: { component: fieldManager },
      reportingComponent: fieldManager,
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
    };
  }
}

function seconds(at: Date): string {
  return at.toISOString().replace(/\.\d+Z$/, "Z");
}
