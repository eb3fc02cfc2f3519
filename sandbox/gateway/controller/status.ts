// Stand-in for the APISIX ingress controller 2.2: writes the Accepted condition of objects, one after the other.
import { z } from "zod";
import { KubeError } from "./kube.js";
import type { KubeApi } from "./kube.js";

/** What to say about an object. */
export interface Verdict {
  readonly status: "True" | "False";
  readonly reason: "Accepted" | "InvalidSpec" | "SyncFailed";
  readonly message: string;
  /** The generation it is about; without it, the one there is when it is written. */
  readonly generation?: number;
}

/** Which object. */
export interface StatusTarget {
  readonly plural: string;
  readonly namespace: string;
  readonly name: string;
}

interface Update extends StatusTarget {
  readonly verdict: Verdict;
}

const MAX_MESSAGE = 32_768;
const CONFLICT_RETRIES = 4;

const objectSchema = z.looseObject({
  metadata: z.looseObject({ generation: z.number().default(0) }),
  status: z.looseObject({ conditions: z.array(z.looseObject({ type: z.string() })).nullish() }).nullish(),
});

/**
 * Writes conditions in the order in which they were asked for, each of them: of a True that a False follows at once,
 * watchers see both.
 */
export class StatusWriter {
  readonly #client: KubeApi;
  readonly #queue: Update[] = [];
  #busy = false;

  constructor(client: KubeApi) {
    this.#client = client;
  }

  /** Asks for a verdict to be written soon. */
  set(target: StatusTarget, verdict: Verdict): void {
    this.#queue.push({ ...target, verdict });
    if (!this.#busy) {
      this.#busy = true;
      void this.#work();
    }
  }

  async #work(): Promise<void> {
    for (let update = this.#queue.shift(); update !== undefined; update = this.#queue.shift()) {
      await this.#apply(update);
    }
    this.#busy = false;
  }

  async #apply(update: Update): Promise<void> {
    const path = `/apis/apisix.apache.org/v2/namespaces/${update.namespace}/${update.plural}/${update.name}`;
    for (let attempt = 0; attempt <= CONFLICT_RETRIES; attempt += 1) {
      try {
        await this.#write(path, update.verdict);
        return;
      } catch (error) {
        if (error instanceof KubeError && error.status === 404) {
          return;
        }
        if (!(error instanceof KubeError && error.status === 409)) {
          const why = error instanceof Error ? error.message : String(error);
          console.error(`unable to update status of ${path}: ${why}`);
          return;
        }
      }
    }
  }

  async #write(path: string, verdict: Verdict): Promise<void> {
    const object = objectSchema.parse(await this.#client.json("GET", path));
    const condition = {
      type: "Accepted",
      status: verdict.status,
      reason: verdict.reason,
      message: verdict.message.slice(0, MAX_MESSAGE),
      observedGeneration: verdict.generation ?? object.metadata.generation,
    };
    const before = object.status?.conditions?.find(({ type }) => type === "Accepted");
    const { lastTransitionTime, ...said } = { ...before };
    if (JSON.stringify(sorted(said)) === JSON.stringify(sorted(condition))) {
      return;
    }
    const unchanged = before?.["status"] === verdict.status ? lastTransitionTime : undefined;
    const at = unchanged ?? new Date().toISOString().replace(/\.\d+Z/, "Z");
    const others = (object.status?.conditions ?? []).filter(({ type }) => type !== "Accepted");
    const status = { ...object.status, conditions: [...others, { ...condition, lastTransitionTime: at }] };
    await this.#client.json("PUT", `${path}/status`, { ...object, status });
  }
}

function sorted(value: Readonly<Record<string, unknown>>): readonly (readonly [string, unknown])[] {
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}
