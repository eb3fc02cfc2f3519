import { setTimeout as pause } from "node:timers/promises";
import { ApiException, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import { at, custom, textAt } from "../side-by-side/objects.js";

const mergePatch = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
/** The median that was measured on the real one. */
const takesMs = 92;

/** Says of each change of a route that the gateway has it, as the ingress controller does. */
export class Accepting {
  private readonly accepted = new Map<string, number>();

  async take(namespace: string, route: unknown): Promise<void> {
    const name = textAt(route, "metadata", "name");
    const generation = Number(at(route, "metadata", "generation"));
    if (this.accepted.get(`${namespace}/${name}`) === generation) return;
    this.accepted.set(`${namespace}/${name}`, generation);
    await pause(takesMs);
    const condition = {
      type: "Accepted",
      status: "True",
      reason: "Accepted",
      message: "The route has been accepted by the gateway.",
      observedGeneration: generation,
      lastTransitionTime: new Date().toISOString(),
    };
    const place = { group: "apisix.apache.org", version: "v2", namespace, plural: "apisixroutes", name };
    await custom
      .patchNamespacedCustomObjectStatus({ ...place, body: { status: { conditions: [condition] } } }, mergePatch)
      .catch(ignoreAbsent);
  }
}

function ignoreAbsent(error: unknown): void {
  if (!(error instanceof ApiException && error.code === 404)) throw error;
}
