import {
  Apisix,
  ApisixIngressController,
  CanaryRelease,
  LoadTester,
  Prometheus,
  ReleaseWatchdog,
} from "../../../components/index.js";
import type { PodOptions } from "../../../components/index.js";
import { at, byName, register } from "../register.js";
import type { Registered } from "../register.js";

/** Every part whose pods we start, with the options that all of them take. */
export const parts: Readonly<Record<string, (options: PodOptions) => unknown>> = {
  Apisix: (options) => new Apisix("part", { namespace: "apisix", ...options }),
  ApisixIngressController: (options) => new ApisixIngressController("part", { namespace: "apisix", ...options }),
  Prometheus: (options) => new Prometheus("part", { namespace: "apisix", ...options }),
  ReleaseWatchdog: (options) => new ReleaseWatchdog("part", { namespace: "apisix", ...options }),
  LoadTester: (options) => new LoadTester("part", { namespace: "test", ...options }),
};

/** The pod template of a part's only Deployment. */
export function templateOf(all: readonly Registered[]): { readonly metadata: unknown; readonly spec: PodSpec } {
  const [deployment] = Object.values(byName(all, "Deployment"));
  return at(deployment, "spec", "template") as { metadata: unknown; spec: PodSpec };
}

export interface PodSpec extends Readonly<Record<string, unknown>> {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
}

export interface Container extends Readonly<Record<string, unknown>> {
  readonly name: string;
  readonly image: string;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
}

/** Every pod spec that our components make; a release's own pods are what its user says. */
export async function allPods(options: PodOptions = {}): Promise<Readonly<Record<string, PodSpec>>> {
  const pods: Record<string, PodSpec> = {};
  for (const [name, make] of Object.entries(parts)) pods[name] = templateOf(await register(() => make(options))).spec;
  return pods;
}

/** A release whose user says nothing of security. */
export const plainRelease = (): unknown =>
  new CanaryRelease("podinfo", {
    namespace: "test",
    template: { spec: { containers: [{ name: "app", image: "app:1" }] } },
    service: { port: 80 },
    route: { hosts: ["app.example.com"] },
    ingressClassName: "apisix",
    prometheusUrl: "http://prometheus:9090",
    analysis: { stepWeight: 10 },
  });
