import { tmpdir } from "node:os";
import { z } from "zod";
import { ClusterCache } from "../../../sandbox/gateway/controller/cluster-cache.js";
import type { ControllerConfig } from "../../../sandbox/gateway/controller/config.js";
import { readConfig } from "../../../sandbox/gateway/controller/config.js";
import { Executor } from "../../../sandbox/gateway/controller/executor.js";
import { Reconciler } from "../../../sandbox/gateway/controller/reconciler.js";
import { StatusWriter } from "../../../sandbox/gateway/controller/status.js";
import { SyncLoop } from "../../../sandbox/gateway/controller/sync.js";
import { FakeAdc, FakeCluster } from "./fake-cluster.js";

export const ROUTES = "/apis/apisix.apache.org/v2/apisixroutes";
export const UPSTREAMS = "/apis/apisix.apache.org/v2/apisixupstreams";
export const PROXIES = "/apis/apisix.apache.org/v1alpha1/gatewayproxies";
const CLASSES = "/apis/networking.k8s.io/v1/ingressclasses";
const SLICES = "/apis/discovery.k8s.io/v1/endpointslices";
const SERVICES = "/api/v1/services";

const pushed = z.object({
  routes: z.array(z.looseObject({ id: z.string(), name: z.string(), vars: z.array(z.unknown()).optional() })),
  services: z.array(
    z.looseObject({
      name: z.string(),
      upstream: z.looseObject({ nodes: z.array(z.looseObject({ host: z.string(), port: z.number() })) }),
      plugins: z.looseObject({
        "traffic-split": z
          .object({ rules: z.array(z.object({ weighted_upstreams: z.array(z.looseObject({ weight: z.number() })) })) })
          .optional(),
      }),
    }),
  ),
  upstreams: z.array(z.looseObject({ name: z.string(), nodes: z.array(z.looseObject({ host: z.string() })) })),
  global_rules: z.array(z.looseObject({ id: z.string() })),
  plugin_metadata: z.array(z.unknown()),
});
export const accepted = z.object({
  conditions: z.array(
    z.looseObject({
      type: z.string(),
      status: z.string(),
      reason: z.string(),
      message: z.string(),
      observedGeneration: z.number(),
    }),
  ),
});

/** A controller stand-in over a cluster in memory, with a primary of two pods and a canary of one. */
export class Scene {
  readonly cluster = new FakeCluster();
  readonly adc = new FakeAdc();
  readonly cache: ClusterCache;
  readonly config: ControllerConfig;

  /** `folder` takes the temporary files. */
  constructor(folder = tmpdir()) {
    const holder: { loop?: SyncLoop; reconciler?: Reconciler } = {};
    this.cache = new ClusterCache(this.cluster, (change) => holder.reconciler?.changed(change));
    this.#populate();
    const config = (this.config = readConfig(
      "c.yaml",
      "provider: {type: apisix-standalone, sync_period: 1h, init_sync_delay: 1h}",
      {},
    ));
    const status = new StatusWriter(this.cluster);
    holder.reconciler = new Reconciler(this.cache, status, config, () => holder.loop?.request());
    const executor = new Executor(this.adc, folder);
    holder.loop = new SyncLoop(this.cache, executor, holder.reconciler, status, config);
    this.cache.start();
    void this.#run(holder.loop);
  }

  async #run(loop: SyncLoop): Promise<void> {
    await until(() => this.cache.problem() === undefined);
    await loop.run();
  }

  problem(): string | undefined {
    return this.cache.problem();
  }

  #populate(): void {
    const { cluster } = this;
    cluster.put(CLASSES, {
      metadata: { name: "apisix" },
      spec: {
        controller: "apisix.apache.org/apisix-ingress-controller",
        parameters: {
          apiGroup: "apisix.apache.org",
          kind: "GatewayProxy",
          name: "gw",
          namespace: "apisix",
          scope: "Namespace",
        },
      },
    });
    cluster.put(PROXIES, {
      metadata: { name: "gw", namespace: "apisix" },
      spec: {
        provider: {
          type: "ControlPlane",
          controlPlane: {
            mode: "apisix-standalone",
            service: { name: "admin", port: 9180 },
            auth: { type: "AdminKey", adminKey: { valueFrom: { secretKeyRef: { name: "key", key: "admin" } } } },
          },
        },
        plugins: [
          { name: "prometheus", enabled: true, config: { prefer_name: true } },
          { name: "cors", enabled: false },
        ],
      },
    });
    cluster.put("/api/v1/secrets", {
      metadata: { name: "key", namespace: "apisix" },
      data: { admin: Buffer.from("token").toString("base64") },
    });
    this.service("apisix", "admin", 9180, [{ ip: "10.244.0.9", ready: false }]);
    this.service("test", "podinfo-primary", 80, [
      { ip: "10.244.0.1" },
      { ip: "10.244.0.2" },
      { ip: "10.244.0.3", ready: false },
    ]);
    this.service("test", "podinfo-canary", 80, [{ ip: "10.244.0.4" }]);
  }

  service(namespace: string, name: string, port: number, pods: readonly { ip: string; ready?: boolean }[]): void {
    this.cluster.put(SERVICES, {
      metadata: { name, namespace },
      spec: { clusterIP: "10.96.1.1", ports: [{ name: "http", port }] },
    });
    this.cluster.put(SLICES, {
      metadata: { name: `${name}-1`, namespace, labels: { "kubernetes.io/service-name": name } },
      ports: [{ name: "http", port: port === 9180 ? 9180 : 9898 }],
      endpoints: pods.map(({ ip, ready = true }) => ({ addresses: [ip], conditions: { ready } })),
    });
  }

  /** Gateway pods at these addresses, none of them ready. */
  gateways(addresses: readonly string[]): void {
    this.service(
      "apisix",
      "admin",
      9180,
      addresses.map((ip) => ({ ip, ready: false })),
    );
  }

  route(
    primary: number,
    canary: number,
    extra: { name?: string; ingressClassName?: string; rule?: object; rules?: object[]; backends?: object[] } = {},
  ): void {
    const backends = extra.backends ?? [
      { serviceName: "podinfo-primary", servicePort: 80, weight: primary },
      { serviceName: "podinfo-canary", servicePort: 80, weight: canary },
    ];
    this.cluster.put(ROUTES, {
      metadata: { name: extra.name ?? "podinfo", namespace: "test" },
      spec: {
        ingressClassName: extra.ingressClassName ?? "apisix",
        http: [
          { name: "app", match: { hosts: ["app.example.com"], paths: ["/*"] }, backends, ...extra.rule },
          ...(extra.rules ?? []),
        ],
      },
    });
  }

  last(): z.infer<typeof pushed> {
    return pushed.parse(this.adc.tasks.at(-1)?.config);
  }

  weights(): number[] | undefined {
    const split = this.last().services[0]?.plugins["traffic-split"];
    return split?.rules[0]?.weighted_upstreams.map(({ weight }) => weight);
  }

  condition(name = "podinfo") {
    const status = accepted.safeParse(this.cluster.item(ROUTES, "test", name)?.status);
    return status.success ? status.data.conditions.find(({ type }) => type === "Accepted") : undefined;
  }

  /** Every status of the Accepted condition that a route had, with the milliseconds since the one before. */
  conditions(name = "podinfo"): readonly { readonly status: string; readonly afterMs: number }[] {
    const written = this.cluster.statuses.filter((each) => each.name === name);
    return written.map(({ status, at }, index) => ({
      status: accepted.parse(status).conditions.find(({ type }) => type === "Accepted")?.status ?? "",
      afterMs: at - (written[index - 1]?.at ?? at),
    }));
  }

  /** Waits for the next push after `change`. */
  async push(change: () => void): Promise<void> {
    const before = this.adc.tasks.length;
    change();
    await until(() => this.adc.tasks.length > before);
  }
}

export async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 3000;
  while (!condition()) {
    if (performance.now() > deadline) {
      throw new Error("did not happen within 3 s");
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
