import { deploymentName } from "../model/index.js";
import { matches, scales, selectorText } from "./live.js";
import type { LiveDeployment, LiveMetadata, LivePolicy } from "./live.js";
import { primaryLabelsOf } from "./taking.js";
import type { Surroundings, Taking } from "./taking.js";

/** What people should know of a takeover that does no harm by itself, one line each. */
export function doubtsOf({ name, autoscaler }: Taking, there: Surroundings, target: LiveDeployment): readonly string[] {
  const primaryName = deploymentName(name, "primary");
  const scalers = autoscaler === "external" ? there.autoscalers.filter((each) => scales(each, name)) : [];
  const left = leftBy(target.spec.template.metadata.labels, primaryLabelsOf(name, target));
  const selected = (what: string): string => `${what}: let it select ${primaryName} too`;
  return [
    ...managersOf(target.metadata).map(
      (who) => `${who} has written Deployment ${name}: take it out of there, or it will be changed back`,
    ),
    ...scalers.map(
      ({ metadata }) =>
        `HorizontalPodAutoscaler ${metadata.name} will scale the canary alone: ${primaryName} needs one of its own`,
    ),
    ...left(there.networkPolicies, "NetworkPolicy", "podSelector").map(selected),
    ...left(there.disruptionBudgets, "PodDisruptionBudget", "selector").map(selected),
  ];
}

type Labels = Readonly<Record<string, string>>;

/** Policies that hold for the pods of now and would not for the primary's. */
function leftBy(labels: Labels, primaryLabels: Labels) {
  return (policies: readonly LivePolicy[], kind: string, key: "podSelector" | "selector"): readonly string[] =>
    policies.flatMap(({ metadata, spec }) => {
      const selector = spec[key];
      if (selector === undefined || !matches(selector, labels) || matches(selector, primaryLabels)) return [];
      return [`${kind} ${metadata.name} holds for ${selectorText(selector)} and will not hold for the primary's pods`];
    });
}

/** Programs that put back what they wrote, by the names under which they write. */
const keepers: Readonly<Record<string, RegExp>> = {
  "Argo CD": /^argocd/,
  Flux: /^(kustomize|helm)-controller$/,
  Helm: /^helm$/,
  "Another Pulumi program": /^pulumi-kubernetes/,
};

function managersOf({ managedFields }: LiveMetadata): readonly string[] {
  return Object.entries(keepers).flatMap(([who, pattern]) =>
    managedFields.some(({ manager }) => pattern.test(manager)) ? [who] : [],
  );
}
