import { setTimeout as pause } from "node:timers/promises";
import type { Contender, Place } from "./contender.js";
import { metrics, podTemplate, terms } from "./contender.js";
import { apply, custom, remove, textAt } from "./objects.js";
import type { Manifest } from "./objects.js";
import type { Scenario } from "./scenarios.js";

const group = "flagger.app";

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
          schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
        },
      ],
    },
  };
}

const rbac: readonly Manifest[] = [
  { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "flagger", namespace: "apisix" } },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: "flagger-bench" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ kind: "ServiceAccount", name: "flagger", namespace: "apisix" }],
  },
];

const controller: Manifest = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "flagger", namespace: "apisix" },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: "flagger" } },
    template: {
      metadata: { labels: { app: "flagger" } },
      spec: {
        serviceAccountName: "flagger",
        containers: [
          {
            name: "flagger",
            image: "ghcr.io/fluxcd/flagger:1.36.1",
            args: [
              "-log-level=info",
              "-mesh-provider=apisix",
              "-metrics-server=http://flagger-prometheus.apisix:9090",
              "-enable-config-tracking=false",
            ],
            readinessProbe: { httpGet: { path: "/healthz", port: 8080 }, periodSeconds: 1 },
          },
        ],
      },
    },
  },
};

/** Flagger as its chart installs it for APISIX, from the images' real program. */
export async function installFlagger(): Promise<void> {
  const crds = [
    crd("Canary", "canaries", "canary"),
    crd("MetricTemplate", "metrictemplates", "metrictemplate"),
    crd("AlertProvider", "alertproviders", "alertprovider"),
  ];
  for (const manifest of [...crds, ...rbac]) await apply(manifest);
  await pause(2_000);
  await apply(controller);
}

/** The Deployment that Flagger watches, the user's own route, and the Canary. */
function manifests(place: Place, version: string, behaviour: Scenario["canary"]): readonly Manifest[] {
  const { namespace, name, host } = place;
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    deployment(place, version, behaviour),
    {
      apiVersion: "apisix.apache.org/v2",
      kind: "ApisixRoute",
      metadata: { name, namespace },
      spec: {
        http: [
          {
            name,
            match: { hosts: [host], paths: ["/*"] },
            backends: [{ serviceName: name, servicePort: 80 }],
            plugins: [{ name: "prometheus", enable: true, config: { prefer_name: true } }],
          },
        ],
      },
    },
    {
      apiVersion: `${group}/v1beta1`,
      kind: "Canary",
      metadata: { name, namespace },
      spec: {
        provider: "apisix",
        targetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
        routeRef: { apiVersion: "apisix.apache.org/v2", kind: "ApisixRoute", name },
        progressDeadlineSeconds: terms.progressDeadlineSeconds,
        service: { port: 80, targetPort: 9898 },
        analysis: {
          interval: `${terms.intervalSeconds}s`,
          threshold: terms.threshold,
          maxWeight: terms.maxWeight,
          stepWeight: terms.stepWeight,
          metrics,
        },
      },
    },
  ];
}

function deployment({ namespace, name }: Place, version: string, behaviour: Scenario["canary"]): Manifest {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: podTemplate(version, behaviour) },
    },
  };
}

async function phaseOf({ namespace, name }: Place): Promise<string> {
  const found: unknown = await custom
    .getNamespacedCustomObject({ group, version: "v1beta1", namespace, plural: "canaries", name })
    .catch(() => undefined);
  return textAt(found, "status", "phase");
}

async function waitForPhase(place: Place, wanted: readonly string[], signal: AbortSignal): Promise<string> {
  while (!signal.aborted) {
    const phase = await phaseOf(place);
    if (wanted.includes(phase)) return phase;
    await pause(200);
  }
  return "";
}

export const flagger: Contender = {
  name: "flagger",
  process: /flagger -log-level/,
  initialize: async (place, scenario) => {
    for (const manifest of manifests(place, "1.0.0", scenario.primary)) await apply(manifest);
    const phase = await waitForPhase(place, ["Initialized"], AbortSignal.timeout(120_000));
    if (phase === "") throw new Error(`flagger did not initialize ${place.name}.${place.namespace}`);
  },
  ship: async (place, scenario, signal) => {
    await apply(deployment(place, "2.0.0", scenario.canary));
    await waitForPhase(place, ["Progressing"], signal);
    const phase = await waitForPhase(place, ["Succeeded", "Failed"], signal);
    return phase === "Succeeded" ? "promoted" : phase === "Failed" ? "rolledBack" : "held";
  },
  remove: ({ namespace }) => remove({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }),
};
