import type { CounterSeries } from "../analysis/contract.js";
import type { RouteState } from "../ports/index.js";
import { ReleaseFailed } from "./failure.js";
import type { Run } from "./run.js";
import { readRoute } from "./weights.js";

/** `short`: the process is about to be killed, nothing is waited for but the drain time. */
export type Patience = "full" | "short";

/** Longer than this nobody waits for the last requests of a canary without weight. */
const longestDrainMs = 20_000;
const pollMs = 1_000;
const announceEveryMs = 10_000;

/**
 * Waits until nobody asks the canary any more: at least `drain` seconds in which the gateway follows its routes, and
 * until the canary's counters stand still.
 */
export async function drain(run: Run, patience: Patience): Promise<void> {
  let before = await sitOut(run, patience);
  while (await isFrozen(run)) {
    if (patience === "short") throw stillFrozen(run);
    await untilThawed(run);
    before = await sitOut(run, patience);
  }
  if (patience === "short") return;
  if (await waitedForController(run)) before = await sitOut(run, patience);
  await untilSilent(run, before);
}

/** While the ingress controller is away, weight 0 is written and not yet in effect. True where that was so. */
async function waitedForController(run: Run): Promise<boolean> {
  const { clock } = run.ports;
  if ((await syncOf(run)) !== "pending") return false;
  run.announce(
    "warning",
    `The ingress controller has not taken up weight 0 yet: ${run.label} keeps its pods meanwhile`,
  );
  const deadlineMs = clock.nowMs() + run.settings.progressDeadline * 1000;
  while (clock.nowMs() < deadlineMs && (await syncOf(run)) === "pending") await run.sleep(pollMs);
  return true;
}

/** The drain time itself; with the canary's requests so far, read so early that a scrape lies between that and its end. */
async function sitOut(run: Run, patience: Patience): Promise<number | undefined> {
  const drainMs = run.settings.drain * 1000;
  const lastMs = Math.min(drainMs, run.settings.scrapeInterval * 1000);
  await run.sleep(drainMs - lastMs);
  const [requests] = await Promise.all([
    patience === "full" ? canaryRequests(run) : Promise.resolve(undefined),
    run.sleep(lastMs),
  ]);
  return requests;
}

/** With a sync that fails, weight 0 has no effect: the canary's pods are still asked. */
async function isFrozen(run: Run): Promise<boolean> {
  return (await syncOf(run)) === "frozen";
}

async function syncOf(run: Run): Promise<RouteState["sync"]["kind"] | undefined> {
  return (await readRoute(run))?.sync.kind;
}

async function untilThawed(run: Run): Promise<void> {
  const { clock } = run.ports;
  const deadlineMs = clock.nowMs() + run.settings.progressDeadline * 1000;
  for (let announcedMs = -Infinity; await isFrozen(run);) {
    if (clock.nowMs() > deadlineMs) throw stillFrozen(run);
    if (clock.nowMs() - announcedMs >= announceEveryMs) {
      announcedMs = clock.nowMs();
      run.announce("warning", `The gateway's sync is frozen: ${run.label} keeps its pods until weight 0 is in effect`);
    }
    await run.sleep(pollMs);
  }
}

function stillFrozen({ label }: Run): ReleaseFailed {
  return new ReleaseFailed(
    `${label}: the gateway's sync is frozen, weight 0 is asked and not in effect, so the canary's pods stay; repair the ApisixRoute that can't be synced and run the update again`,
  );
}

async function untilSilent(run: Run, atFirst: number | undefined): Promise<void> {
  const { clock } = run.ports;
  const deadlineMs = clock.nowMs() + longestDrainMs;
  for (let before = atFirst; clock.nowMs() < deadlineMs;) {
    const now = await canaryRequests(run);
    if (now === undefined || now === before) return;
    before = now;
    await run.sleep(run.settings.scrapeInterval * 1000);
  }
  run.announce("warning", `${run.label} still has traffic ${Math.round(longestDrainMs / 1000)}s after weight 0`);
}

/** All requests the canary's pods ever answered; undefined when nobody can tell. */
async function canaryRequests(run: Run): Promise<number | undefined> {
  const { cluster, metrics } = run.ports;
  const nodes = await cluster.readEndpoints("canary", run.signal).then(
    (endpoints) => endpoints.nodes,
    () => undefined,
  );
  if (nodes === undefined) return undefined;
  const windowSeconds = run.settings.scrapeInterval * 3;
  const reading = await metrics.read({ windowSeconds, canaryNodes: nodes, primaryNodes: [] }, run.signal);
  if (reading.kind === "error") return undefined;
  const ofCanary = reading.series.filter(({ kind, node }) => kind === "status" && nodes.includes(node));
  return ofCanary.reduce((sum, series) => sum + lastValue(series), 0);
}

function lastValue({ points }: CounterSeries): number {
  return points.at(-1)?.value ?? 0;
}
