import type { Endpoints, ReleaseObject, RouteState, Workload } from "../ports/index.js";
import { TransientError } from "../ports/index.js";
import { abortSentence } from "./commands.js";
import type { Run } from "./run.js";

/** What the cluster says at one check. */
export interface Look {
  readonly object: ReleaseObject | undefined;
  readonly route: RouteState | undefined;
  readonly canary: Workload | undefined;
  readonly primaryEndpoints: Endpoints;
  readonly canaryEndpoints: Endpoints;
  readonly trouble: string | undefined;
}

/** undefined while the API server is away: then nothing can be decided, and nothing is changed. */
export async function lookAround(run: Run): Promise<Look | undefined> {
  const { cluster } = run.ports;
  const { signal } = run;
  try {
    const [object, route, canary, primaryEndpoints, canaryEndpoints, trouble] = await Promise.all([
      cluster.readRelease(signal),
      cluster.readRoute(signal),
      cluster.readWorkload("canary", signal),
      cluster.readEndpoints("primary", signal),
      cluster.readEndpoints("canary", signal),
      cluster.readCanaryTrouble(signal),
    ]);
    const sentence = trouble === undefined ? undefined : `pod ${trouble.pod}: ${trouble.reason}: ${trouble.message}`;
    return { object, route, canary, primaryEndpoints, canaryEndpoints, trouble: sentence };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TransientError) return undefined;
    throw error;
  }
}

export type Interference =
  | { readonly kind: "none" }
  /** The run must end; the sentence says why. */
  | { readonly kind: "end"; readonly sentence: string }
  /** Somebody moved the weights: put them right. */
  | { readonly kind: "wrongWeight"; readonly found: number };

/** Whether anything but the evidence ends the run at this check; pure. */
export function interferenceIn(
  look: Look,
  asked: { readonly weight: number; readonly templateHash: string },
): Interference {
  const end = (sentence: string): Interference => ({ kind: "end", sentence });
  if (look.object === undefined) return end("the CanaryRelease object was deleted during the analysis");
  const aborted = abortSentence(look.object);
  if (aborted !== undefined) return end(aborted);
  if (look.canary === undefined)
    return end("the canary's Deployment was deleted during the analysis; run pulumi refresh and the update again");
  if (look.canary.templateHash !== asked.templateHash)
    return end("the canary's template was changed from outside during the analysis");
  if (look.trouble !== undefined) return end(look.trouble);
  if (look.route === undefined)
    return end("the weighted ApisixRoute was deleted during the analysis; run pulumi refresh");
  if (look.route.sync.kind === "frozen") return end(`the gateway's sync is frozen: ${look.route.sync.message}`);
  if (look.canary.replicas === 0) return end("the canary was scaled to 0 from outside during the analysis");
  return look.route.canaryWeight === asked.weight
    ? { kind: "none" }
    : { kind: "wrongWeight", found: look.route.canaryWeight };
}
