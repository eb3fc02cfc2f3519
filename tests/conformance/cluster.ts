import type { ClusterView } from "../../sandbox/gateway/controller/cluster-view.js";
import { endpointSliceSchema, gatewayProxySchema, serviceSchema } from "../../sandbox/gateway/controller/resources.js";
import { HERE } from "./applications.js";

const NAMESPACE = "t";

/** Last numbers of the addresses behind each Service of the recordings. */
const SERVICES: Readonly<Record<string, readonly number[]>> = {
  "app-primary": [6, 7],
  "app-canary": [12],
  "app-refuse": [12],
  "app-half": [2, 12],
  "app-empty": [],
};

/** A cluster that holds what the recordings' routes name, with these ports behind the Services. */
export function recordedCluster(ports: { readonly answering: number; readonly closed: number }): ClusterView {
  return {
    service: (namespace, name) =>
      SERVICES[name] === undefined
        ? undefined
        : serviceSchema.parse({ metadata: { name, namespace }, spec: { ports: [{ name: "http", port: 80 }] } }),
    slices: (namespace, name) => [
      endpointSliceSchema.parse({
        metadata: { name, namespace },
        ports: [{ name: "http", port: name === "app-refuse" ? ports.closed : ports.answering }],
        endpoints: (SERVICES[name] ?? []).map((number) => ({ addresses: [`${HERE}${String(number)}`] })),
      }),
    ],
    upstream: () => undefined,
    pluginConfig: () => undefined,
    secret: () => undefined,
    ingressClasses: () => [],
    gatewayProxy: () => undefined,
    gatewayProxies: () => [],
  };
}

/** Pushes nothing of its own. */
export const plainProxy = gatewayProxySchema.parse({ metadata: { name: "gw", namespace: NAMESPACE }, spec: {} });
