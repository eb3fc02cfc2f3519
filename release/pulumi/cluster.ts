import { containsUnknown, isUnknown, textOf } from "./values.js";
import type { Inputs } from "./values.js";

/** Which cluster is meant, and what proves it: beside the settings among the inputs, among them in the schema. */
const clusterKeys = ["kubeconfig", "context", "cluster", "releaseUid", "routeUid"] as const;

/** As far as it is known and said. */
export function knownClusterIn(inputs: Inputs): Readonly<Record<string, string>> {
  return Object.fromEntries(
    clusterKeys.flatMap((key) => (textOf(inputs[key]) === undefined ? [] : [[key, String(inputs[key])]])),
  );
}

/** What the program asks of all members of the release's train; nothing while that isn't known, or where it is in none. */
export function knownTrainIn({ train }: Inputs): { readonly train?: unknown } {
  return train === undefined || train === null || containsUnknown(train) ? {} : { train };
}

/** Undefined while it is not known which cluster is meant. */
export function clusterIn(inputs: Inputs): Readonly<Record<string, string>> | undefined {
  const unknown = (["kubeconfig", "context", "cluster"] as const).some((key) => isUnknown(inputs[key]));
  return unknown ? undefined : knownClusterIn(inputs);
}
