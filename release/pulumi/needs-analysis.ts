// By their files: an update without any change loads no more than it needs.
import { createKubernetesAdapters } from "../adapters/kubernetes/index.js";
import { needsAnalysis as askCluster } from "../machine/needs-analysis.js";
import type { ReleaseSettings } from "../settings/index.js";

/** An update without any change asks no longer than this whether there is something to judge all the same. */
const patienceMs = 5_000;

/** Passed, rolled back and never promoted: asks the cluster. Where it can't be reached, the inputs alone decide. */
export async function needsAnalysis(settings: ReleaseSettings): Promise<boolean> {
  try {
    return await askCluster(settings, createKubernetesAdapters({ settings }), AbortSignal.timeout(patienceMs));
  } catch {
    return false;
  }
}
