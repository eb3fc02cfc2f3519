// Stand-in for the APISIX ingress controller 2.2: writes the condition Accepted.
import { z } from "zod";
import { KubeError } from "./kube.js";
import type { KubeApi } from "./kube.js";

/** What an object's condition should say. */
export interface Verdict {
  readonly status: "True" | "False";
  readonly reason: "Accepted" | "InvalidSpec" | "SyncFailed";
  readonly message: string;
  readonly generation: number;
}

/** An object with a status: plural of its kind (group apisix.apache.org/v2), namespace, name. */
export interface StatusTarget {
  readonly plural: string;
  readonly namespace: string;
  readonly name: string;
}

const objectSchema = z.looseObject({
  metadata: z.looseObject({ generation: z.number().default(0) }),
  status: z.looseObject({ conditions: z.array(z.looseObject({ type: z.string() })).nullish() }).nullish(),
});

const MAX_MESSAGE = 32_000;

/** Writes verdicts one after the other per object; only the newest one matters. */
export class StatusWriter {
  readonly #client: KubeApi;
  readonly #wanted = new Map<string, Verdict>();
  readonly #written = new Map<string, string>();
  readonly #busy = new Set<string>();

  constructor(client: KubeApi) {
    this.#client = client;
  }

  /** Asks for a verdict to be written soon. */
  set(target: StatusTarget, verdict: Verdict): void {
    const path = `/apis/apisix.apache.org/v2/namespaces/${target.namespace}/${target.plural}/${target.name}`;
    const known = this.#wanted.get(path);
    if ((known === undefined ? this.#written.get(path) : JSON.stringify(known)) === JSON.stringify(verdict)) {
      return;
    }
    this.#wanted.set(path, verdict);
    if (!this.#busy.has(path)) {
      this.#busy.add(path);
      void this.#work(path);
    }
  }

  /** Forgets an object that is gone. */
  forget(target: StatusTarget): void {
    this.#written.delete(`/apis/apisix.apache.org/v2/namespaces/${target.namespace}/${target.plural}/${target.name}`);
  }

  async #work(path: string): Promise<void> {
    for (let verdict = this.#wanted.get(path); verdict !== undefined; verdict = this.#wanted.get(path)) {
      const done = await this.#write(path, verdict);
      if (done && this.#wanted.get(path) === verdict) {
        this.#wanted.delete(path);
        this.#written.set(path, JSON.stringify(verdict));
      }
    }
    this.#busy.delete(path);
  }

  /** True when there is nothing left to do for this verdict. */
  async #write(path: string, verdict: Verdict): Promise<boolean> {
    try {
      const object = objectSchema.parse(await this.#client.json("GET", path));
      const before = object.status?.conditions?.find(({ type }) => type === "Accepted");
      const condition = {
        type: "Accepted",
        status: verdict.status,
        reason: verdict.reason,
        message: verdict.message.slice(0, MAX_MESSAGE),
        observedGeneration: verdict.generation,
        lastTransitionTime:
          before?.["status"] === verdict.status
            ? before["lastTransitionTime"]
            : new Date().toISOString().replace(/\.\d+Z/, "Z"),
      };
      const others = (object.status?.conditions ?? []).filter(({ type }) => type !== "Accepted");
      const status = { ...object.status, conditions: [...others, condition] };
      await this.#client.json("PUT", `${path}/status`, { ...object, status });
      return true;
    } catch (error) {
      if (error instanceof KubeError && error.status === 409) {
        return false;
      }
      const gone = error instanceof KubeError && error.status === 404;
      if (!gone) {
        console.error(
          `failed to update the status of ${path}: ${error instanceof Error ? error.message : String(error)}`,
        );
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
      return gone || (error instanceof KubeError && error.status === 403);
    }
  }
}
