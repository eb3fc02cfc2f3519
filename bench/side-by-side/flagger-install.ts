import { setTimeout as pause } from "node:timers/promises";
import { apply, at, read } from "./objects.js";
import type { Manifest } from "./objects.js";

export const group = "flagger.app";
const readyMs = 60_000;

/** Flagger checks what it reads by itself: an open schema accepts all that its chart's does. */
function crd(kind: string, plural: string, singular: string): Manifest {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind, plural, singular, listKind: `${kind}List` },
      versions: [
        {
          name: "v1beta1",
          served: true,
          storage: true,
          subresources: { status: {} },
          // The client library's name for x-kubernetes-preserve-unknown-fields.
          schema: { openAPIV3Schema: { type: "object", x_kubernetes_preserve_unknown_fields: true } },
        },
      ],
    },
  };
}

const rbac = (namespace: string): readonly Manifest[] => [
  { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "flagger", namespace } },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: "flagger-bench" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ kind: "ServiceAccount", name: "flagger", namespace }],
  },
];

/** The route that Flagger clones carries no class, so that only the default class takes it. */
const defaultClass: Manifest = {
  apiVersion: "networking.k8s.io/v1",
  kind: "IngressClass",
  metadata: { name: "apisix", annotations: { "ingressclass.kubernetes.io/is-default-class": "true" } },
};

const controller = (namespace: string): Manifest => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "flagger", namespace },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: "flagger" } },
    template: {
      metadata: { labels: { app: "flagger" } },
      spec: {
        serviceAccountName: "flagger",
        // Our platform's namespace takes restricted pods only.
        securityContext: { runAsNonRoot: true, runAsUser: 10_001, seccompProfile: { type: "RuntimeDefault" } },
        containers: [
          {
            name: "flagger",
            image: "ghcr.io/fluxcd/flagger:1.36.1",
            args: ["-log-level=info", "-mesh-provider=apisix", "-metrics-server=http://flagger-prometheus.apisix:9090"],
            readinessProbe: { httpGet: { path: "/healthz", port: 8080 }, periodSeconds: 1 },
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
          },
        ],
      },
    },
  },
});

/** Flagger as its chart installs it for APISIX, from the image's real program; resolves when it is ready. */
export async function installFlagger(namespace = "apisix"): Promise<void> {
  const crds = [
    crd("Canary", "canaries", "canary"),
    crd("MetricTemplate", "metrictemplates", "metrictemplate"),
    crd("AlertProvider", "alertproviders", "alertprovider"),
  ];
  for (const manifest of [...crds, ...rbac(namespace), defaultClass]) await apply(manifest);
  await untilTrue("the definitions of flagger.app are established", () => everyEstablished(crds));
  const flagger = controller(namespace);
  await apply(flagger);
  await untilTrue("Flagger is ready", async () => at(await read(flagger), "status", "readyReplicas") === 1);
}

async function everyEstablished(crds: readonly Manifest[]): Promise<boolean> {
  const found = await Promise.all(crds.map((manifest) => read(manifest)));
  return found.every((each) => {
    const conditions = at(each, "status", "conditions");
    const list: readonly unknown[] = Array.isArray(conditions) ? conditions : [];
    return list.some((condition) => at(condition, "type") === "Established" && at(condition, "status") === "True");
  });
}

async function untilTrue(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + readyMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`bench: not within ${readyMs / 1000}s: ${what}`);
    await pause(250);
  }
}
