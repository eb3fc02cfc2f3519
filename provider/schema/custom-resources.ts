import { anything, resourceToken } from "./pulumi-schema.js";
import type { PropertySpec, ResourceSpec } from "./pulumi-schema.js";

/** What the components make of this package itself; nobody else needs to. */
const step = {
  settings: { type: "string", description: "Of the release, as its component made them: JSON." },
  computed: { ...anything, description: "What of the settings is an output or a secret, each by its JSON pointer." },
  train: { ...anything, description: "Of a member of a ReleaseTrain: what the program asks of all of them." },
  kubeconfig: { type: "string", secret: true, description: "Content or path. Default: the environment's." },
  context: { type: "string", description: "Within the kubeconfig. Default: its current one." },
  cluster: { type: "string", description: "Within the kubeconfig, in place of the context's." },
  releaseUid: { type: "string", description: "Of the release's object: it proves the cluster." },
  routeUid: { type: "string", description: "Of the weighted route, beside it." },
} as const satisfies Record<string, PropertySpec>;

const outcome = { type: "string", description: "What the step ended with." } as const satisfies PropertySpec;

const promoted = {
  promoted: { ...anything, description: "What serves all users, as it was found on the primary." },
} as const satisfies Record<string, PropertySpec>;

function stepResource(description: string, more: Readonly<Record<string, PropertySpec>> = {}): ResourceSpec {
  return {
    description: `${description} A part of CanaryRelease.`,
    type: "object",
    inputProperties: step,
    requiredInputs: ["settings", "computed"],
    properties: { ...step, ...more, outcome },
    required: ["settings", "outcome"],
  };
}

/** Of those that read a cluster at each preview and update. */
function readResource(
  description: string,
  given: readonly string[],
  found: Readonly<Record<string, PropertySpec>>,
): ResourceSpec {
  const { kubeconfig, context, cluster } = step;
  const inputs = { ...Object.fromEntries(given.map((name) => [name, anything])), kubeconfig, context, cluster };
  return {
    description: `${description} A part of CanaryRelease.`,
    type: "object",
    inputProperties: inputs,
    properties: { ...inputs, ...found },
  };
}

const names = {
  type: "array",
  items: { type: "string" },
  description: "DNS names that the certificate is for.",
} as const satisfies PropertySpec;

export const customResources: Readonly<Record<string, ResourceSpec>> = {
  [resourceToken("Preparation")]: stepResource(
    "Rolls back what an earlier run left, before the canary's template is swapped.",
  ),
  [resourceToken("Analysis")]: stepResource(
    "Shifts traffic to the canary step by step and judges it; fails the update when it rolls the revision back.",
  ),
  [resourceToken("Promotion")]: stepResource(
    "Shifts traffic back to the promoted primary and scales the canary down.",
    promoted,
  ),
  [resourceToken("SourceRoute")]: readResource(
    "Rules of somebody else's ApisixRoute that lead to a release.",
    ["namespace", "name", "source", "routeName", "service", "ingressClassName", "takesOver"],
    { http: anything, upstream: anything },
  ),
  [resourceToken("Takeover")]: readResource(
    "Takes over what runs already, and gives it back when the release is gone.",
    ["settings", "computed", "adoption", "releaseUid"],
    { kept: anything },
  ),
  [resourceToken("TrackedConfiguration")]: readResource(
    "ConfigMaps and Secrets that a template only refers to, as they are in the cluster.",
    ["namespace", "release", "names"],
    { configMaps: anything, secrets: { ...anything, secret: true } },
  ),
  [resourceToken("GeneratedKey")]: {
    description: "A random key, made once. A part of Apisix.",
    type: "object",
    inputProperties: {},
    properties: { value: { type: "string", secret: true } },
    required: ["value"],
  },
  [resourceToken("GeneratedCertificate")]: {
    description: "A self-signed serving certificate, made once for its names. A part of ApisixIngressController.",
    type: "object",
    inputProperties: { names },
    requiredInputs: ["names"],
    properties: {
      names,
      certificate: { type: "string", description: "PEM, also the authority to trust." },
      privateKey: { type: "string", secret: true, description: "PEM." },
    },
    required: ["names", "certificate", "privateKey"],
  },
};
