import { lossIn } from "../analysis/index.js";
import { highestOf, planStages } from "../strategy/index.js";
import { heedAbort } from "./commands.js";
import { ReleaseFailed } from "./failure.js";
import { readMetrics } from "./judging.js";
import type { Run } from "./run.js";
import { SyncWatch } from "./sync-watch.js";
import { nowAndThen, poll } from "./waiting.js";

/** A provider that answers within this time was only slow to start. */
const metricsPatienceMs = 10_000;
const pollMs = 1_000;
const syncPollMs = 500;

/** What must be in order before a canary gets its first pod; throws ReleaseFailed, and nothing has been changed. */
export async function preflight(run: Run): Promise<void> {
  await refuseWhenFrozen(run);
  await refuseWhatGatewayLacks(run);
  if (!run.settings.skipAnalysis) await refuseWithoutMetrics(run);
}

/**
 * A sync that is refused means that no weight would ever take effect, and that endpoints are frozen too. Gateways that
 * come and go are waited for.
 */
async function refuseWhenFrozen(run: Run): Promise<void> {
  const { progressDeadline, routeName } = run.settings;
  const watch = new SyncWatch();
  const say = nowAndThen(run.ports, (sentence) => run.announce("warning", sentence));
  const last = { message: "" };
  let isTold = false;
  const follows = await poll(run, { everyMs: syncPollMs, forMs: progressDeadline * 1000 }, async () => {
    const route = await run.readRoute();
    if (route === undefined)
      throw new ReleaseFailed(
        `${run.label}: ApisixRoute ${routeName} is missing; run pulumi refresh and the update again`,
      );
    const health = watch.see(route.sync, run.ports.clock.nowMs());
    if (route.sync.firstTryOnly === true && !isTold) {
      isTold = true;
      run.announce("info", `${run.label}: ${formerController}`);
    }
    if (health.kind === "good" || health.kind === "pending") return true;
    // A later try may have succeeded: the first weight is told anew, and users' requests show whether it took effect.
    if (health.kind === "weather" && route.sync.firstTryOnly === true) {
      run.announce("warning", `${run.label}: the ingress controller could not write the route once: ${health.message}`);
      return true;
    }
    if (health.kind === "frozen")
      throw new ReleaseFailed(
        `${run.label}: the gateway's sync is frozen, nothing was started: ${health.message}; ${curedBy(health.message)}`,
      );
    heedAbort(run, await run.persist(() => run.ports.cluster.readRelease(run.signal)));
    last.message = health.message;
    if (health.kind === "weather") say(`${run.label} waits: the gateways can't all be reached: ${health.message}`);
    return undefined;
  });
  if (follows === undefined)
    throw new ReleaseFailed(
      `${run.label}: the gateways can't all be reached (after ${progressDeadline}s), nothing was started: ${last.message}; see that they run, and run the update again`,
    );
}

const formerController =
  "the ingress controller is one before 2.0 (releases were tried with 2.2): weights and rules go by ApisixRoute v2 as there, " +
  "its status tells only whether its first try of a change succeeded, so what users get decides, " +
  "and a plugin that the gateway lacks shows only when it is needed";

/**
 * A plugin that is switched on during the run only: on a gateway without it nothing would be synced from then on, for
 * anybody. Others are there at rest, and show in the sync.
 */
async function refuseWhatGatewayLacks(run: Run): Promise<void> {
  const highest = highestOf(planStages(run.settings.analysis));
  if ((highest.mirrorPercent ?? 0) === 0) return;
  const objection = await run.persist(() => run.ports.cluster.rehearseSplit(highest, run.signal));
  if (objection !== undefined)
    throw new ReleaseFailed(
      `${run.label}: the gateway refuses what the strategy needs, nothing was started: ${objection}; ${curedBy(objection)}`,
    );
}

function curedBy(message: string): string {
  const plugin = /unknown plugin \[([\w-]+)\]/.exec(message)?.[1];
  if (plugin === undefined) return "repair that ApisixRoute first";
  return `the gateway lacks the plugin ${plugin}: add it to plugins in its config.yaml, or choose a strategy without it`;
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
