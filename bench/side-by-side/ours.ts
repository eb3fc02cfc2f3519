import * as k8s from "@pulumi/kubernetes";
import { CanaryRelease } from "../../components/index.js";
import { BenchStack } from "../stack.js";
import type { Contender, Place } from "./contender.js";
import { metrics, podTemplate, terms, weights } from "./contender.js";
import { custom, textAt } from "./objects.js";
import type { Outcome, Scenario } from "./scenarios.js";

function program(place: Place, version: string, side: "primary" | "canary", scenario: Scenario): () => Promise<void> {
  const compare = side === "canary" && scenario.name === "sick-primary";
  const behaviour = scenario[side];
  return () => {
    const home = new k8s.core.v1.Namespace(place.namespace, { metadata: { name: place.namespace } });
    new CanaryRelease(place.name, {
      namespace: home.metadata.name,
      template: { spec: podTemplate(version, behaviour) },
      service: { port: 80, targetPort: 9898 },
      route: { hosts: [place.host] },
      ingressClassName: "apisix",
      prometheusUrl: "http://flagger-prometheus.apisix:9090",
      progressDeadline: `${terms.progressDeadlineSeconds}s`,
      analysis: {
        interval: `${terms.intervalSeconds}s`,
        threshold: terms.threshold,
        ...(scenario.strategy?.ours ?? weights),
        metrics: metrics.map((metric) => (compare ? { ...metric, compare: { maxIncrease: 1 } } : metric)),
      },
    });
    return Promise.resolve();
  };
}

const objectOf = ({ namespace, name }: Place) => ({
  group: "apisix-canary.io",
  version: "v1",
  namespace,
  plural: "canaryreleases",
  name,
});

const outcomes: Readonly<Record<string, Outcome>> = { Succeeded: "promoted", Failed: "rolledBack" };

async function outcomeOf(place: Place): Promise<Outcome> {
  const found: unknown = await custom.getNamespacedCustomObject(objectOf(place));
  return outcomes[textAt(found, "status", "phase")] ?? "held";
}

/** Ends a run that takes too long, as a person would; the update then ends by itself. */
async function giveUp(place: Place): Promise<void> {
  const body = [{ op: "add", path: "/metadata/annotations", value: { "apisix-canary.io/abort": "bench: time is up" } }];
  await custom.patchNamespacedCustomObject({ ...objectOf(place), body });
}

/** `pulumi up`, driven by the Automation API. */
export const ours: Contender = {
  name: "ours",
  process: /cmd\/dynamic-provider/,
  initialize: async (place, scenario) => {
    const stack = await BenchStack.open(place.namespace);
    const update = await stack.up(program(place, "1.0.0", "primary", scenario));
    if (update.failed) throw new Error(`ours did not initialize ${place.name}.${place.namespace}: ${update.output}`);
  },
  ship: async (place, scenario, signal) => {
    const stack = await BenchStack.open(place.namespace);
    const giving = (): void => void giveUp(place).catch(() => undefined);
    signal.addEventListener("abort", giving, { once: true });
    await stack.up(program(place, "2.0.0", "canary", scenario));
    signal.removeEventListener("abort", giving);
    return signal.aborted ? "held" : outcomeOf(place);
  },
  remove: async (place) => (await BenchStack.open(place.namespace)).remove(),
};
