// Stand-in for the APISIX ingress controller 2.2: translates, pushes, and tells the objects what became of it.
import { setTimeout as sleep } from "node:timers/promises";
import type { Answer, Task } from "../adc/protocol.js";
import type { Adc } from "./adc-client.js";
import { assemble } from "./assemble.js";
import type { ClusterCache } from "./cluster-cache.js";
import type { ControllerConfig } from "./config.js";
import { InvalidSpec } from "./expressions.js";
import { classOf, proxyOf, targetOf } from "./gateway-target.js";
import type { GatewayTarget } from "./gateway-target.js";
import type { ApisixRoute, PluginHolder } from "./resources.js";
import type { StatusWriter, Verdict } from "./status.js";
import { translateRoute } from "./translate-route.js";
import type { TranslatedRoute } from "./translate-route.js";

/** Changes within this time are pushed together; with the push itself it makes the measured 29 to 158 ms, median 92. */
const SETTLE_MS = { shortest: 20, longest: 130 };
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;

interface GatewayWork {
  readonly target: GatewayTarget;
  readonly routes: { readonly route: ApisixRoute; readonly translated: TranslatedRoute }[];
}

/** The loop that only the leader runs. */
export class SyncLoop {
  readonly #cache: ClusterCache;
  readonly #adc: Adc;
  readonly #status: StatusWriter;
  readonly #config: ControllerConfig;
  readonly #lastGood = new Map<string, TranslatedRoute>();
  readonly #seenGenerations = new Map<string, number>();
  readonly #pushed = new Map<string, string>();
  #due = false;
  #forced = false;
  #wake: (() => void) | undefined;
  #retryMs = FIRST_RETRY_MS;
  #retry: NodeJS.Timeout | undefined;
  /** Pushes by outcome, for the metrics page. */
  readonly counts = { success: 0, failure: 0 };

  constructor(cache: ClusterCache, adc: Adc, status: StatusWriter, config: ControllerConfig) {
    this.#cache = cache;
    this.#adc = adc;
    this.#status = status;
    this.#config = config;
  }

  /** Asks for a round soon; `forced` pushes even what has been pushed before. */
  request(forced: boolean): void {
    this.#due = true;
    this.#forced ||= forced;
    this.#wake?.();
  }

  /** Runs until the process ends. */
  async run(): Promise<never> {
    const { sync_period, init_sync_delay } = this.#config.provider;
    setTimeout(() => this.request(true), Math.min(init_sync_delay, 86_400) * 1000).unref();
    setInterval(() => this.request(true), sync_period * 1000).unref();
    this.request(true);
    for (;;) {
      if (!this.#due) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      await sleep(SETTLE_MS.shortest + Math.random() * (SETTLE_MS.longest - SETTLE_MS.shortest));
      const forced = this.#forced;
      this.#due = false;
      this.#forced = false;
      await this.#round(forced);
    }
  }

  async #round(forced: boolean): Promise<void> {
    let failed = false;
    for (const [key, work] of this.#gather()) {
      const rules = this.#globalRules(key);
      const config = assemble(
        work.target.proxy,
        work.routes.map(({ translated }) => translated),
        rules,
        this.#cache,
      );
      const { servers, token } = work.target;
      const task: Task = { servers: [...servers], token, timeoutMs: this.#config.exec_adc_timeout * 1000, config };
      const signature = JSON.stringify(task);
      if (forced || this.#pushed.get(key) !== signature) {
        const problem = await this.#push(task);
        this.#tell(work, rules, problem);
        if (problem === undefined) {
          this.#pushed.set(key, signature);
        } else {
          this.#pushed.delete(key);
          failed = true;
        }
      }
    }
    clearTimeout(this.#retry);
    if (failed) {
      this.#retry = setTimeout(() => this.request(true), this.#retryMs).unref();
      this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
    } else {
      this.#retryMs = FIRST_RETRY_MS;
    }
  }

  async #push(task: Task): Promise<string | undefined> {
    const problem = await this.#adc
      .ask("sync", task)
      .then(firstProblem, (error: unknown) => (error instanceof Error ? error.message : String(error)));
    this.counts[problem === undefined ? "success" : "failure"] += 1;
    if (problem !== undefined) {
      console.error(`failed to sync: ${problem}`);
    }
    return problem;
  }

  /** All gateways with the routes that go to them. Routes without a matching IngressClass are ignored in silence. */
  #gather(): Map<string, GatewayWork> {
    const works = new Map<string, GatewayWork>();
    for (const ingressClass of this.#cache.ingressClasses()) {
      if (ingressClass.spec.controller === this.#config.controller_name) {
        this.#workOf(ingressClass.metadata.name, works);
      }
    }
    const present = new Set<string>();
    const routes = [...this.#cache.routes.all()].sort((a, b) => (routeKey(a) < routeKey(b) ? -1 : 1));
    for (const route of routes) {
      present.add(routeKey(route));
      const work = this.#workOf(route.spec.ingressClassName, works);
      const translated = work === undefined ? undefined : this.#translate(route);
      if (work !== undefined && translated !== undefined) {
        work.routes.push({ route, translated });
      }
    }
    for (const key of [...this.#lastGood.keys(), ...this.#seenGenerations.keys()]) {
      if (!present.has(key)) {
        this.#lastGood.delete(key);
        this.#seenGenerations.delete(key);
      }
    }
    return works;
  }

  #workOf(className: string | null | undefined, works: Map<string, GatewayWork>): GatewayWork | undefined {
    const ingressClass = classOf(className, this.#config.controller_name, this.#cache);
    const proxy = ingressClass === undefined ? undefined : proxyOf(ingressClass, this.#cache);
    if (proxy === undefined) {
      return undefined;
    }
    const key = `${proxy.metadata.namespace}/${proxy.metadata.name}`;
    const known = works.get(key);
    if (known !== undefined) {
      return known;
    }
    const target = targetOf(proxy, this.#cache);
    if (typeof target === "string") {
      console.error(target);
      return undefined;
    }
    const work: GatewayWork = { target, routes: [] };
    works.set(key, work);
    return work;
  }

  /** The translation; of an invalid route the last good one, which so stays in force. */
  #translate(route: ApisixRoute): TranslatedRoute | undefined {
    const key = routeKey(route);
    try {
      const translated = translateRoute(route, this.#cache);
      this.#lastGood.set(key, translated);
      if (this.#seenGenerations.get(key) !== route.metadata.generation) {
        // As the real one: accepted before anything has been pushed.
        this.#seenGenerations.set(key, route.metadata.generation);
        this.#setStatus("apisixroutes", route, ACCEPTED);
      }
      return translated;
    } catch (error) {
      if (!(error instanceof InvalidSpec)) {
        throw error;
      }
      this.#seenGenerations.delete(key);
      this.#setStatus("apisixroutes", route, { status: "False", reason: "InvalidSpec", message: error.message });
      return this.#lastGood.get(key);
    }
  }

  #globalRules(proxyKey: string): readonly PluginHolder[] {
    return this.#cache.globalRules.all().filter((rule) => {
      const ingressClass = classOf(rule.spec.ingressClassName, this.#config.controller_name, this.#cache);
      const proxy = ingressClass === undefined ? undefined : proxyOf(ingressClass, this.#cache);
      return proxy !== undefined && `${proxy.metadata.namespace}/${proxy.metadata.name}` === proxyKey;
    });
  }

  /** One refused resource is everybody's problem: every object of the push gets the same verdict. */
  #tell(work: GatewayWork, rules: readonly PluginHolder[], problem: string | undefined): void {
    const verdict: Omit<Verdict, "generation"> =
      problem === undefined ? ACCEPTED : { status: "False", reason: "SyncFailed", message: problem };
    for (const { route } of work.routes) {
      if (this.#seenGenerations.has(routeKey(route))) {
        this.#setStatus("apisixroutes", route, verdict);
      }
    }
    for (const rule of rules) {
      this.#setStatus("apisixglobalrules", rule, verdict);
    }
    for (const [plural, reflector] of [
      ["apisixupstreams", this.#cache.upstreams],
      ["apisixpluginconfigs", this.#cache.pluginConfigs],
    ] as const) {
      for (const object of reflector.all()) {
        if (classOf(object.spec.ingressClassName, this.#config.controller_name, this.#cache) !== undefined) {
          this.#setStatus(plural, object, ACCEPTED);
        }
      }
    }
  }

  #setStatus(
    plural: string,
    { metadata }: { readonly metadata: ApisixRoute["metadata"] },
    verdict: Omit<Verdict, "generation">,
  ): void {
    const { namespace, name, generation } = metadata;
    this.#status.set({ plural, namespace, name }, { ...verdict, generation });
  }
}

const ACCEPTED = { status: "True", reason: "Accepted", message: "" } as const;

function routeKey(route: ApisixRoute): string {
  return `${route.metadata.namespace}/${route.metadata.name}`;
}

/** The first gateway's problem; undefined when all took the configuration. */
export function firstProblem(answer: Answer): string | undefined {
  for (const { server, outcome } of answer.results) {
    if (outcome.kind !== "accepted") {
      return `ServerAddr: ${server}, Err: ${outcome.message}`;
    }
  }
  return undefined;
}
