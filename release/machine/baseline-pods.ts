import { deploymentName } from "../model/index.js";
import type { Workload } from "../ports/index.js";
import { hasBaseline } from "../strategy/index.js";
import type { Patience } from "./drain.js";
import { ReleaseFailed } from "./failure.js";
import type { RollbackRun } from "./run.js";
import { poll } from "./waiting.js";

const pollMs = 500;

export function baselineName({ settings }: Pick<RollbackRun, "settings">): string {
  return deploymentName(settings.name, "baseline");
}

/** Pods of the release's own baseline; nobody is asked where there can't be any. */
export async function baselinePods(run: RollbackRun): Promise<number> {
  const baseline = await readBaseline(run);
  return baseline === undefined || baseline.owner === "foreign" ? 0 : baseline.replicas;
}

/** By the program, or, for whoever knows the journal alone, by that. */
async function readBaseline(run: RollbackRun): Promise<Workload | undefined> {
  const { settings, status } = run;
  if (status.baseline === undefined && !hasBaseline(settings.analysis)) return undefined;
  return run.persist(() => run.ports.cluster.readWorkload("baseline", run.signal));
}

/**
 * No pods for the baseline. They serve ordinary users until they are gone from the Service, and on through their preStop
 * pause; the primary must have a ready pod of its own, else they stay. Throws ReleaseFailed.
 */
export async function retireBaseline(run: RollbackRun, { primaryMs }: Patience): Promise<void> {
  const baseline = await readBaseline(run);
  if (baseline?.owner === "foreign")
    run.announce("warning", `Deployment ${baselineName(run)} is not this release's any more: it keeps its pods`);
  else if (baseline !== undefined && baseline.replicas > 0) {
    if (baseline.availableReplicas > 0) await waitForOwnPrimary(run, primaryMs);
    run.announce("info", `Scaling down ${baselineName(run)}.${run.settings.namespace}`);
    await run.scaleBaseline(0);
  }
  if (run.status.baseline !== undefined) await run.journal({}, ["baseline"]);
}

async function waitForOwnPrimary(run: RollbackRun, primaryMs: number): Promise<void> {
  const { cluster } = run.ports;
  const found = await poll(run, { everyMs: pollMs, forMs: primaryMs }, async () => {
    const primary = await run.persist(() => cluster.readWorkload("primary", run.signal));
    return (primary?.availableReplicas ?? 0) > 0 ? true : undefined;
  });
  if (found !== undefined) return;
  const { name } = run.settings;
  throw new ReleaseFailed(
    `${run.label}: the primary has no ready pod of its own, so ${baselineName(run)} keeps its pods, which serve the users; bring ${deploymentName(name, "primary")} up and run the update again`,
  );
}
