import { lossIn } from "../analysis/index.js";
import { ReleaseFailed } from "./failure.js";
import { readMetrics } from "./judging.js";
import type { Run } from "./run.js";
import { poll } from "./waiting.js";

/** A provider that answers within this time was only slow to start. */
const metricsPatienceMs = 10_000;
const pollMs = 1_000;

/** What must be in order before a canary gets its first pod; throws ReleaseFailed, and nothing has been changed. */
export async function preflight(run: Run): Promise<void> {
  await refuseWhenFrozen(run);
  if (!run.settings.skipAnalysis) await refuseWithoutMetrics(run);
}

/** A sync that fails means that no weight would ever take effect, and that endpoints are frozen too. */
async function refuseWhenFrozen(run: Run): Promise<void> {
  const route = await run.readRoute();
  if (route === undefined)
    throw new ReleaseFailed(
      `${run.label}: ApisixRoute ${run.settings.routeName} is missing; run pulumi refresh and the update again`,
    );
  if (route.sync.kind === "frozen")
    throw new ReleaseFailed(
      `${run.label}: the gateway's sync is frozen, nothing was started: ${route.sync.message}; repair that ApisixRoute first`,
    );
}

/** Nobody is sent to a revision that can't be judged. */
async function refuseWithoutMetrics(run: Run): Promise<void> {
  const trouble = { message: "", advice: "" };
  const answered = await poll(run, { everyMs: pollMs, forMs: metricsPatienceMs }, async () => {
    const reading = await readMetrics(run, [], []);
    const loss = reading.kind === "error" ? undefined : lossIn(reading);
    if (reading.kind !== "error" && loss === undefined) return true;
    trouble.message = reading.kind === "error" ? reading.message : (loss ?? "");
    const isAway = reading.kind === "error" && reading.answered !== true;
    trouble.advice = isAway ? ": check that URL and that Prometheus runs" : "";
    return undefined;
  });
  if (answered === undefined)
    throw new ReleaseFailed(`${run.label}: prometheusUrl: ${trouble.message}; nothing was started${trouble.advice}`);
}
