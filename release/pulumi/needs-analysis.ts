// By their files: an update without any change loads no more than it needs.
import { createKubernetesAdapters } from "../adapters/kubernetes/index.js";
import * as machine from "../machine/needs-analysis.js";
import type { ReleaseSettings } from "../settings/index.js";

/** An update without any change asks no longer than this whether there is something to judge all the same. */
const patienceMs = 5_000;

/** What the cluster says of a resource whose inputs are the same. Where it can't be reached, the inputs alone decide. */
export async function needsRun(name: "analysis" | "promotion", settings: ReleaseSettings): Promise<boolean> {
  const ask = name === "analysis" ? machine.needsAnalysis : machine.needsPromotion;
  try {
    return await ask(settings, createKubernetesAdapters({ settings }), AbortSignal.timeout(patienceMs));
  } catch {
    return false;
  }
}
