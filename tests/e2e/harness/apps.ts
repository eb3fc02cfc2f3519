/** Applications as they run before a release has anything to do with them. */
import type { KubernetesObject } from "@kubernetes/client-node";
import { execFileSync } from "node:child_process";
import { apps, at, core, custom, eventually } from "./cluster.js";

export type Manifest = KubernetesObject & Readonly<Record<string, unknown>>;

const routeKind = { group: "apisix.apache.org", version: "v2", plural: "apisixroutes" } as const;

/** As a strict cluster has them, unless somebody else's pods need more. */
export async function createNamespace(name: string, level: "restricted" | "baseline" = "restricted"): Promise<void> {
  const labels = { "pod-security.kubernetes.io/enforce": level };
  await core.createNamespace({ body: { metadata: { name, labels } } });
}

/** `kubectl apply`, as a team has made its objects. */
export function apply(...manifests: readonly Manifest[]): void {
  const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: manifests });
  execFileSync("kubectl", ["apply", "-f", "-"], { input, stdio: ["pipe", "ignore", "pipe"] });
}

export function kubectl(...argv: readonly string[]): string {
  return execFileSync("kubectl", argv, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

export interface App {
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly replicas?: number;
  /** Of the pods, and of the Deployment's selector. Default: app. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** The pods of the programmable application, without anything that a release would add. */
export function podSpec(version: string, env: Readonly<Record<string, string>> = {}) {
  return {
    securityContext: { runAsNonRoot: true, runAsUser: 10_001, seccompProfile: { type: "RuntimeDefault" } },
    containers: [
      {
        name: "app",
        image: `sandbox/faulty:${version}`,
        ports: [{ name: "http", containerPort: 9898 }],
        env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
        readinessProbe: { httpGet: { path: "/readyz", port: 9898 }, periodSeconds: 1 },
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
      },
    ],
  };
}

export function plainDeployment({
  namespace,
  name,
  version,
  replicas = 2,
  labels = { app: name },
  env = {},
}: App): Manifest {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels: { ...labels } }, spec: podSpec(version, env) },
    },
  };
}

export function plainService({
  namespace,
  name,
  labels = { app: name },
}: Pick<App, "namespace" | "name" | "labels">): Manifest {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace },
    spec: { selector: labels, ports: [{ name: "http", port: 80, targetPort: 9898 }] },
  };
}

export interface Backend {
  readonly serviceName: string;
  readonly servicePort: number;
  readonly weight?: number;
}

export function plainRoute(namespace: string, name: string, http: readonly object[]): Manifest {
  return {
    apiVersion: "apisix.apache.org/v2",
    kind: "ApisixRoute",
    metadata: { name, namespace },
    spec: { ingressClassName: "apisix", http },
  };
}

export function rule(name: string, host: string, backends: readonly Backend[], more: object = {}): object {
  return { name, match: { hosts: [host], paths: ["/*"] }, backends, ...more };
}

export async function readRoute(namespace: string, name: string): Promise<unknown> {
  return custom.getNamespacedCustomObject({ ...routeKind, namespace, name });
}

/** What a person wrote of an object: its spec, without what the cluster adds. */
export async function specOf(namespace: string, name: string): Promise<string> {
  const found = await readRoute(namespace, name);
  return JSON.stringify([at(found, "spec"), at(found, "metadata", "annotations") ?? null]);
}

export async function untilAvailable(namespace: string, name: string): Promise<void> {
  await eventually(`${name} is available`, 60, async () => {
    const { spec, status } = await apps.readNamespacedDeployment({ namespace, name });
    return (status?.availableReplicas ?? 0) === (spec?.replicas ?? 1);
  });
}
