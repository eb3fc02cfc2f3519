import type { Contender, Place } from "./contender.js";
import { metrics, podTemplate, terms, weights } from "./contender.js";
import { group } from "./flagger-install.js";
import { apply, follow, remove, textAt } from "./objects.js";
import type { Manifest } from "./objects.js";
import type { Outcome, Scenario } from "./scenarios.js";

/** The Deployment that Flagger watches, the user's own route, and the Canary. */
function manifests(place: Place, version: string, { primary, strategy }: Scenario): readonly Manifest[] {
  const { namespace, name, host } = place;
  const moved = strategy !== undefined && "analysis" in strategy.flagger ? strategy.flagger.analysis : weights;
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    deployment(place, version, primary),
    {
      apiVersion: "apisix.apache.org/v2",
      kind: "ApisixRoute",
      metadata: { name, namespace },
      spec: {
        ingressClassName: "apisix",
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
          ...moved,
          metrics,
        },
      },
    },
  ];
}

/** Without replicas: they are Flagger's once it has taken over. */
function deployment({ namespace, name }: Place, version: string, behaviour: Scenario["canary"]): Manifest {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: podTemplate(version, behaviour) },
    },
  };
}

const initializeMs = 120_000;

/**
 * Follows the Canary by a watch, so that the API server's counters show Flagger's requests and not ours. Resolves
 * with the first of the wanted phases; undefined when the time is up.
 */
async function untilPhase(
  { namespace, name }: Place,
  wanted: (phase: string) => boolean,
  signal: AbortSignal,
): Promise<string | undefined> {
  const events: { resolve: (phase: string | undefined) => void } = { resolve: () => undefined };
  const found = new Promise<string | undefined>((resolve) => (events.resolve = resolve));
  const watch = await follow(`/apis/${group}/v1beta1/namespaces/${namespace}/canaries`, (canary) => {
    const phase = textAt(canary, "status", "phase");
    if (textAt(canary, "metadata", "name") === name && wanted(phase)) events.resolve(phase);
  });
  const over = (): void => events.resolve(undefined);
  signal.addEventListener("abort", over, { once: true });
  try {
    return await found;
  } finally {
    signal.removeEventListener("abort", over);
    watch.stop();
  }
}

/** The old phase is seen first: an end counts only after the new revision was noticed. */
function endOfNewRun(): (phase: string) => boolean {
  const state = { noticed: false };
  return (phase) => {
    if (phase === "Progressing") state.noticed = true;
    return state.noticed && (phase === "Succeeded" || phase === "Failed");
  };
}

const outcomes: Readonly<Record<string, Outcome>> = { Succeeded: "promoted", Failed: "rolledBack" };

/** The real Flagger, driven as its users drive it: by a change of the Deployment. */
export const flagger: Contender = {
  name: "flagger",
  process: /flagger -log-level/,
  initialize: async (place, scenario) => {
    for (const manifest of manifests(place, "1.0.0", scenario)) await apply(manifest);
    const phase = await untilPhase(place, (each) => each === "Initialized", AbortSignal.timeout(initializeMs));
    if (phase === undefined) throw new Error(`flagger did not initialize ${place.name}.${place.namespace}`);
  },
  ship: async (place, scenario, signal) => {
    const ended = untilPhase(place, endOfNewRun(), signal);
    await apply(deployment(place, "2.0.0", scenario.canary));
    return outcomes[(await ended) ?? ""] ?? "held";
  },
  remove: ({ namespace }) => remove({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }),
};
