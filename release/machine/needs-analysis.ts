import type { ReleaseSettings } from "../settings/index.js";
import { needsAnalysis as needsAnalysisBy } from "./plan.js";
import type { Ports } from "./ports.js";

/** Whether Pulumi must run the analysis although its inputs are the same. */
export async function needsAnalysis(
  settings: ReleaseSettings,
  ports: Pick<Ports, "cluster">,
  signal: AbortSignal,
): Promise<boolean> {
  const object = await ports.cluster.readRelease(signal);
  if (object?.status?.promotedRevision === settings.revision) return false;
  const primary = await ports.cluster.readWorkload("primary", signal);
  return needsAnalysisBy(settings.revision, primary, object?.status);
}
