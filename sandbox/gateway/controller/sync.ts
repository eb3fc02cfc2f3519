// Stand-in for the APISIX ingress controller 2.2: pushes to the gateways and tells the objects what became of it.
import { assemble } from "./assemble.js";
import type { ClusterCache } from "./cluster-cache.js";
import type { ControllerConfig } from "./config.js";
import type { Executor } from "./executor.js";
import { targetOf } from "./gateway-target.js";
import { ACCEPTED } from "./reconciler.js";
import type { Reconciler, Work } from "./reconciler.js";
import { objectKey } from "./reflector.js";
import type { GatewayProxy } from "./resources.js";
import type { StatusTarget, StatusWriter } from "./status.js";

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 1_000_000;

interface Failure {
  readonly target: StatusTarget;
  readonly messages: string[];
}

/** The loop that only the leader runs. One push at a time: one that hangs holds all that come after it. */
export class SyncLoop {
  readonly #cache: ClusterCache;
  readonly #executor: Executor;
  readonly #reconciler: Reconciler;
  readonly #status: StatusWriter;
  readonly #config: ControllerConfig;
  #failed = new Map<string, Failure>();
  #due = false;
  #wake: (() => void) | undefined;
  #retryMs = FIRST_RETRY_MS;
  #retry: NodeJS.Timeout | undefined;
  /** Pushes by outcome, for the metrics page. */
  readonly counts = { success: 0, failure: 0 };

  constructor(
    cache: ClusterCache,
    executor: Executor,
    reconciler: Reconciler,
    status: StatusWriter,
    config: ControllerConfig,
  ) {
    this.#cache = cache;
    this.#executor = executor;
    this.#reconciler = reconciler;
    this.#status = status;
    this.#config = config;
  }

  /** Asks for a round; several requests while one is under way make one more. */
  request(): void {
    this.#due = true;
    this.#wake?.();
  }

  /** Runs until the process ends. */
  async run(): Promise<never> {
    const { sync_period, init_sync_delay } = this.#config.provider;
    if (init_sync_delay > 0) {
      setTimeout(
        () => {
          this.request();
        },
        Math.min(init_sync_delay, 86_400) * 1000,
      ).unref();
    }
    setInterval(
      () => {
        this.request();
      },
      Math.max(1, sync_period) * 1000,
    ).unref();
    this.#reconciler.all();
    for (;;) {
      if (!this.#due) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      this.#due = false;
      await this.#round();
    }
  }

  async #round(): Promise<void> {
    const failures = new Map<string, Failure>();
    let succeeded = true;
    for (const proxy of this.#cache.gatewayProxies()) {
      succeeded = (await this.#push(proxy, failures)) && succeeded;
    }
    this.#tell(failures);
    clearTimeout(this.#retry);
    if (succeeded) {
      this.#retryMs = FIRST_RETRY_MS;
    } else {
      this.#retry = setTimeout(() => {
        this.request();
      }, this.#retryMs).unref();
      this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
    }
  }

  async #push(proxy: GatewayProxy, failures: Map<string, Failure>): Promise<boolean> {
    const key = objectKey(proxy.metadata.namespace, proxy.metadata.name);
    if (!this.#isUsed(key)) {
      return true;
    }
    const target = targetOf(proxy, this.#cache);
    if (typeof target === "string") {
      console.error(target);
      return true;
    }
    const work = this.#reconciler.workOf(key);
    const routes = work.routes.map(({ translated }) => translated);
    const ssls = work.tlses.map(({ translated }) => translated);
    const outcome = await this.#executor.sync(target, assemble(proxy, routes, ssls, work.globalRules, this.#cache));
    this.counts[outcome.kind === "synced" ? "success" : "failure"] += 1;
    if (outcome.kind === "synced") {
      return true;
    }
    console.error(`failed to sync ${target.name}: ${outcome.message}`);
    if (outcome.kind === "failed") {
      collect(work, outcome.message, failures);
    }
    return false;
  }

  /** Whether one of our classes names the proxy. */
  #isUsed(key: string): boolean {
    return this.#cache.ingressClasses().some(({ spec: { controller, parameters } }) => {
      const { kind, namespace, name } = parameters ?? {};
      const ours = controller === this.#config.controller_name && kind === "GatewayProxy";
      return ours && objectKey(namespace ?? "", name ?? "") === key;
    });
  }

  /** One refused resource is everybody's problem: every object of the push gets the message; all others recover. */
  #tell(failures: Map<string, Failure>): void {
    for (const { target, messages } of failures.values()) {
      this.#status.set(target, { status: "False", reason: "SyncFailed", message: messages.join("; ") });
    }
    for (const [key, { target }] of this.#failed) {
      if (!failures.has(key)) {
        this.#status.set(target, ACCEPTED);
      }
    }
    this.#failed = failures;
  }
}

/** An ApisixRoute gets the message once for each of its rules. */
function collect(work: Work, message: string, failures: Map<string, Failure>): void {
  const add = (plural: string, { namespace, name }: { namespace: string; name: string }, times: number): void => {
    const key = `${plural}/${objectKey(namespace, name)}`;
    failures.set(key, { target: { plural, namespace, name }, messages: new Array<string>(times).fill(message) });
  };
  work.routes.forEach((route) => {
    add("apisixroutes", route, route.translated.services.length);
  });
  work.tlses.forEach((tls) => {
    add("apisixtlses", tls, 1);
  });
  work.globalRules.forEach(({ metadata }) => {
    add("apisixglobalrules", metadata, 1);
  });
}
