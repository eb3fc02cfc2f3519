import type { ReleaseSettings } from "../settings/index.js";
import { comesAgain, needsAnalysis as needsAnalysisBy } from "./plan.js";
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

/** The same of the promotion: Pulumi's state still has the inputs of the last one that succeeded. */
export async function needsPromotion(
  settings: ReleaseSettings,
  ports: Pick<Ports, "cluster">,
  signal: AbortSignal,
): Promise<boolean> {
  const status = (await ports.cluster.readRelease(signal))?.status;
  return status !== undefined && comesAgain(settings.revision, status);
}
