import { deploymentName } from "../model/index.js";
import { sentenceOf } from "./failure.js";
import { decideReplicas } from "./plan.js";
import type { ReplicasDecision } from "./plan.js";
import type { Run } from "./run.js";

/** Somebody may scale just then: so often it is looked at anew. */
const tries = 3;

/**
 * Gives the primary the replicas that its program newly asks for: more of them before the traffic comes, fewer after it
 * has; never against whoever else scales it.
 */
export async function adjustReplicas(run: Run, when: "before" | "after"): Promise<void> {
  const { primaryReplicas: asked } = run.settings;
  if (asked === undefined) {
    if (run.status.primaryReplicas !== undefined) await run.journal({}, ["primaryReplicas"]);
    return;
  }
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const live = await liveReplicas(run);
    if (live === undefined || (when === "before" && asked <= live)) return;
    const decision = await decide(run, asked, live);
    if (decision.kind === "leave") return when === "after" ? tellLeft(run, asked, live, decision.why) : undefined;
    const done = decision.kind === "keep" || (await scale(run, decision.replicas, live));
    if (!done) continue;
    if (run.status.primaryReplicas !== asked) await run.journal({ primaryReplicas: asked });
    return;
  }
}

async function decide(run: Run, asked: number, live: number): Promise<ReplicasDecision> {
  const last = run.status.primaryReplicas;
  const known = decideReplicas({ asked, last, live, scalers: [] });
  if (known.kind !== "scale") return known;
  try {
    const scalers = await run.persist(() => run.ports.cluster.readPrimaryScalers(run.signal));
    return decideReplicas({ asked, last, live, scalers });
  } catch (error) {
    run.signal.throwIfAborted();
    return { kind: "leave", why: `it can't be told who scales it (${sentenceOf(error)})` };
  }
}

function scale(run: Run, replicas: number, seen: number): Promise<boolean> {
  run.announce("info", `Scaling ${primaryName(run)}.${run.settings.namespace} from ${seen} to ${replicas} replicas`);
  return run.persist(() => run.ports.cluster.scalePrimary(replicas, seen, run.token, run.signal));
}

function tellLeft(run: Run, asked: number, live: number, why: string): void {
  const { namespace } = run.settings;
  const name = primaryName(run);
  run.announce(
    "warning",
    `${run.label}: replicas ${asked} is left undone: ${name} has ${live}, and ${why}; if it is meant: kubectl -n ${namespace} scale deployment ${name} --replicas=${asked}`,
  );
}

async function liveReplicas(run: Run): Promise<number | undefined> {
  return (await run.persist(() => run.ports.cluster.readWorkload("primary", run.signal)))?.replicas;
}

function primaryName({ settings }: Run): string {
  return deploymentName(settings.name, "primary");
}
