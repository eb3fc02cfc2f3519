// Stand-in for the APISIX ingress controller 2.2: leader election with a Lease.
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { ControllerConfig } from "./config.js";
import { KubeError } from "./kube.js";
import type { KubeApi } from "./kube.js";

const leaseSchema = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string() }),
  spec: z
    .looseObject({
      holderIdentity: z.string().nullish(),
      renewTime: z.string().nullish(),
      leaseTransitions: z.number().nullish(),
    })
    .prefault({}),
});

/**
 * Takes and keeps the Lease. It is not given back at the end, as by the real one:
 * the next one waits until nothing has changed for a whole lease.
 */
export class LeaderElection {
  readonly #client: KubeApi;
  readonly #settings: ControllerConfig["leader_election"];
  readonly #name: string;
  readonly #namespace: string;
  readonly #identity = `${hostname()}_${randomUUID()}`;
  #observed = { record: "", sinceMs: 0 };

  constructor(client: KubeApi, config: ControllerConfig, namespace: string) {
    this.#client = client;
    this.#settings = config.leader_election;
    this.#name = config.leader_election_id;
    this.#namespace = namespace;
  }

  /** Done when we lead; `lost` is called when we no longer do. */
  async lead(lost: () => void): Promise<void> {
    if (this.#settings.disable) {
      return;
    }
    console.log(`attempting to acquire leader lease ${this.#namespace}/${this.#name}...`);
    while (!(await this.#tryOnce())) {
      await sleep(this.#settings.retry_period * 1000);
    }
    console.log(`successfully acquired lease ${this.#namespace}/${this.#name}`);
    void this.#keep(lost);
  }

  async #keep(lost: () => void): Promise<void> {
    let renewedMs = performance.now();
    for (;;) {
      await sleep(this.#settings.retry_period * 1000);
      if (await this.#tryOnce()) {
        renewedMs = performance.now();
      } else if (performance.now() - renewedMs > this.#settings.renew_deadline * 1000) {
        lost();
        return;
      }
    }
  }

  async #tryOnce(): Promise<boolean> {
    try {
      return await this.#acquireOrRenew();
    } catch (error) {
      console.error(
        `error retrieving resource lock ${this.#namespace}/${this.#name}: ${error instanceof Error ? error.message : String(error)}`,
      );
      return false;
    }
  }

  async #acquireOrRenew(): Promise<boolean> {
    const collection = `/apis/coordination.k8s.io/v1/namespaces/${this.#namespace}/leases`;
    const lease = await this.#read(`${collection}/${this.#name}`);
    const now = new Date().toISOString().replace("Z", "000Z");
    if (lease === undefined) {
      const spec = { ...this.#spec(now), acquireTime: now, leaseTransitions: 0 };
      await this.#client.json("POST", collection, {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name: this.#name, namespace: this.#namespace },
        spec,
      });
      return true;
    }
    const holder = lease.spec.holderIdentity ?? "";
    const ours = holder === this.#identity;
    if (!ours && holder !== "" && !this.#expired(`${holder} ${lease.spec.renewTime ?? ""}`)) {
      return false;
    }
    const transitions = lease.spec.leaseTransitions ?? 0;
    const taken = ours ? {} : { acquireTime: now, leaseTransitions: transitions + 1 };
    await this.#client.json("PUT", `${collection}/${this.#name}`, {
      ...lease,
      spec: { ...lease.spec, ...this.#spec(now), ...taken },
    });
    return true;
  }

  /** By our own clock only: nothing has changed for a whole lease. */
  #expired(record: string): boolean {
    if (record !== this.#observed.record) {
      this.#observed = { record, sinceMs: performance.now() };
    }
    return performance.now() - this.#observed.sinceMs > this.#settings.lease_duration * 1000;
  }

  #spec(now: string): Readonly<Record<string, unknown>> {
    return {
      holderIdentity: this.#identity,
      leaseDurationSeconds: Math.ceil(this.#settings.lease_duration),
      renewTime: now,
    };
  }

  async #read(path: string): Promise<z.infer<typeof leaseSchema> | undefined> {
    try {
      return leaseSchema.parse(await this.#client.json("GET", path));
    } catch (error) {
      if (error instanceof KubeError && error.status === 404) {
        return undefined;
      }
      throw error;
    }
  }
}
