import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import { LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { CanaryRelease } from "../../components/index.js";
import type { Contender, Place } from "./contender.js";
import { metrics, podTemplate, terms } from "./contender.js";
import { custom, textAt } from "./objects.js";
import type { Scenario } from "./scenarios.js";

/** Below this package, so that the stubs find it by its own name. */
const workRoot = path.resolve(__dirname, "../../../.sandbox/bench");

function program(place: Place, version: string, behaviour: Scenario["canary"], compare: boolean): () => Promise<void> {
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
        maxWeight: terms.maxWeight,
        stepWeight: terms.stepWeight,
        metrics: metrics.map((metric) => (compare ? { ...metric, compare: { maxIncrease: 1 } } : metric)),
      },
    });
    return Promise.resolve();
  };
}

async function stackOf({ namespace }: Place): Promise<Stack> {
  const workDir = path.join(workRoot, namespace);
  const state = path.join(workDir, "state");
  mkdirSync(state, { recursive: true });
  return LocalWorkspace.createOrSelectStack(
    { stackName: namespace, projectName: "canary-bench", program: () => Promise.resolve() },
    {
      workDir,
      envVars: {
        PULUMI_BACKEND_URL: `file://${state}`,
        PULUMI_CONFIG_PASSPHRASE: "bench",
        PULUMI_SKIP_UPDATE_CHECK: "1",
      },
    },
  );
}

async function outcomeOf({ namespace, name }: Place): Promise<"promoted" | "rolledBack" | "held"> {
  const found: unknown = await custom.getNamespacedCustomObject({
    group: "apisix-canary.io",
    version: "v1",
    namespace,
    plural: "canaryreleases",
    name,
  });
  const phase = textAt(found, "status", "phase");
  return phase === "Succeeded" ? "promoted" : phase === "Failed" ? "rolledBack" : "held";
}

export const ours: Contender = {
  name: "ours",
  process: /cmd\/dynamic-provider/,
  initialize: async (place, scenario) => {
    const stack = await stackOf(place);
    await stack.up({ program: program(place, "1.0.0", scenario.primary, false) });
  },
  ship: async (place, scenario, signal) => {
    const stack = await stackOf(place);
    const compare = scenario.name === "sick-primary";
    signal.addEventListener("abort", () => void stack.cancel().catch(() => undefined), { once: true });
    await stack.up({ program: program(place, "2.0.0", scenario.canary, compare) }).catch(() => undefined);
    return outcomeOf(place);
  },
  remove: async (place) => {
    const stack = await stackOf(place);
    await stack.destroy().catch(() => undefined);
    rmSync(path.join(workRoot, place.namespace), { recursive: true, force: true });
  },
};
