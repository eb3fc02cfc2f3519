// By their files: an update without any change loads no more than it needs.
import { createKubernetesAdapters } from "../adapters/kubernetes/index.js";
import type { ApiServer } from "../adapters/kubernetes/index.js";
import { SharedReleases } from "../adapters/kubernetes/shared-releases.js";
import * as machine from "../machine/needs-analysis.js";
import type { ReleaseSettings } from "../settings/index.js";

/** An update without any change asks no longer than this whether there is something to judge all the same. */
const patienceMs = 5_000;

const shared = new Map<ApiServer, SharedReleases>();

/** What the cluster says of a resource whose inputs are the same. Where it can't be reached, the inputs alone decide. */
export async function needsRun(name: "analysis" | "promotion", settings: ReleaseSettings): Promise<boolean> {
  const ask = name === "analysis" ? machine.needsAnalysis : machine.needsPromotion;
  const { api, cluster } = createKubernetesAdapters({ settings });
  const releases = shared.get(api) ?? new SharedReleases(api);
  shared.set(api, releases);
  const readRelease = (signal: AbortSignal) => releases.read(settings, (still) => cluster.readRelease(still), signal);
  try {
    return await ask(settings, { cluster: { ...cluster, readRelease } }, AbortSignal.timeout(patienceMs));
  } catch {
    return false;
  }
}

/** After a run of this process: what was read before it says nothing of what it left. */
export function forgetWhatWasRead(): void {
  for (const releases of shared.values()) releases.forget();
}
