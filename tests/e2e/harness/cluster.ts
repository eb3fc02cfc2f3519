import { CoreV1Api, CustomObjectsApi, AppsV1Api, KubeConfig } from "@kubernetes/client-node";

const config = new KubeConfig();
config.loadFromDefault();

export const core = config.makeApiClient(CoreV1Api);
export const apps = config.makeApiClient(AppsV1Api);
export const custom = config.makeApiClient(CustomObjectsApi);

/** This cluster's kubeconfig, as content. */
export function ownKubeconfig(): string {
  return config.exportConfig();
}

export interface Weights {
  readonly primary: number | undefined;
  readonly canary: number | undefined;
}

/** The split that the route asks of the gateway. */
export async function routeWeights(namespace: string, name: string): Promise<Weights> {
  const route: unknown = await custom.getNamespacedCustomObject({
    group: "apisix.apache.org",
    version: "v2",
    namespace,
    plural: "apisixroutes",
    name: `${name}-${name}-canary`,
  });
  const backends = at(route, "spec", "http", 0, "backends");
  const weightOf = (service: string): number | undefined => {
    const list: readonly unknown[] = Array.isArray(backends) ? backends : [];
    const found = list.find((backend) => at(backend, "serviceName") === service);
    const weight = at(found, "weight");
    return typeof weight === "number" ? weight : undefined;
  };
  return { primary: weightOf(`${name}-primary`), canary: weightOf(`${name}-canary`) };
}

export interface StatusView {
  readonly phase: string;
  readonly canaryWeight: number;
  readonly failedChecks: number;
  readonly message: string;
  readonly promotedRevision: string;
}

export async function releaseStatus(namespace: string, name: string): Promise<StatusView> {
  const object: unknown = await custom.getNamespacedCustomObject({
    group: "apisix-canary.io",
    version: "v1",
    namespace,
    plural: "canaryreleases",
    name,
  });
  const text = (key: string): string => {
    const value = at(object, "status", key);
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
  };
  return {
    phase: text("phase"),
    canaryWeight: Number(text("canaryWeight")),
    failedChecks: Number(text("failedChecks")),
    message: text("message"),
    promotedRevision: text("promotedRevision"),
  };
}

export interface DeploymentView {
  readonly replicas: number;
  readonly image: string;
  readonly generation: number;
  readonly revision: string;
}

export async function deployment(namespace: string, name: string): Promise<DeploymentView> {
  const found = await apps.readNamespacedDeployment({ namespace, name });
  return {
    replicas: found.spec?.replicas ?? 0,
    image: found.spec?.template.spec?.containers[0]?.image ?? "",
    generation: found.metadata?.generation ?? 0,
    revision: found.spec?.template.metadata?.annotations?.["apisix-canary.io/revision"] ?? "",
  };
}

/** Follows a path into untyped JSON. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

/** Polls until the condition holds; fails with `what` after `seconds`. */
export async function eventually(what: string, seconds: number, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (performance.now() < deadline) {
    if (await condition().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`not within ${seconds}s: ${what}`);
}

/** A kubeconfig that acts as this service account. */
export async function tokenKubeconfig(namespace: string, account: string): Promise<string> {
  const body = { spec: { audiences: [], expirationSeconds: 3600 } };
  const { status } = await core.createNamespacedServiceAccountToken({ namespace, name: account, body });
  const cluster = config.getCurrentCluster();
  if (cluster === null || status === undefined) throw new Error("no cluster, or no token");
  const { name, server, caData, tlsServerName } = cluster;
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, "certificate-authority-data": caData, "tls-server-name": tlsServerName } }],
    users: [{ name: account, user: { token: status.token } }],
    contexts: [{ name: "here", context: { cluster: name, user: account } }],
    "current-context": "here",
  });
}
