import type { CounterSeries } from "../analysis/contract.js";
import type { RouteState } from "../ports/index.js";
import { ReleaseFailed } from "./failure.js";
import type { RollbackRun } from "./run.js";
import { nowAndThen, poll } from "./waiting.js";

/** How long each thing is waited for on the way back to the primary. */
export interface Patience {
  /** A primary that restarts just now is worth a wait: without it the traffic would stay with a bad canary. */
  readonly primaryMs: number;
  /** A gateway whose sync fails. */
  readonly frozenMs: number;
  /** An ingress controller that has not applied weight 0 yet. */
  readonly controllerMs: number;
  /** The last requests of a canary without weight. */
  readonly silenceMs: number;
}

/** Of a run that has all the time it needs. */
export function fullPatience({ settings }: RollbackRun): Patience {
  const progressMs = settings.progressDeadline * 1000;
  return { primaryMs: 60_000, frozenMs: progressMs, controllerMs: progressMs, silenceMs: 20_000 };
}

/** Of a process that is about to be killed: nothing is waited for but the drain time. */
export const shortPatience: Patience = { primaryMs: 0, frozenMs: 0, controllerMs: 0, silenceMs: 0 };

const pollMs = 1_000;

/**
 * Waits until nobody asks the canary any more: at least `drain` seconds in which the gateway follows its routes, and
 * until the canary's counters stand still. Throws ReleaseFailed where the gateway's sync stays frozen.
 */
export async function waitDrain(run: RollbackRun, patience: Patience): Promise<void> {
  let before = await waitDrainTime(run, patience);
  while ((await syncOf(run)) === "frozen") {
    await untilThawed(run, patience);
    before = await waitDrainTime(run, patience);
  }
  if (await waitedForController(run, patience)) before = await waitDrainTime(run, patience);
  if (patience.silenceMs > 0) await untilSilent(run, before, patience);
}

/** While the ingress controller is away, weight 0 is written and not yet in effect. True where that was so. */
async function waitedForController(run: RollbackRun, { controllerMs }: Patience): Promise<boolean> {
  if (controllerMs === 0 || (await syncOf(run)) !== "pending") return false;
  run.announce("warning", `The ingress controller has not applied weight 0 yet: ${run.label} keeps its pods meanwhile`);
  await poll(run, { everyMs: pollMs, forMs: controllerMs }, async () =>
    (await syncOf(run)) === "pending" ? undefined : true,
  );
  return true;
}

/** The drain time itself; with the canary's requests so far, read so early that a scrape lies between that and its end. */
async function waitDrainTime(run: RollbackRun, { silenceMs }: Patience): Promise<number | undefined> {
  const drainMs = run.settings.drain * 1000;
  const lastMs = Math.min(drainMs, run.settings.scrapeInterval * 1000);
  await run.sleep(drainMs - lastMs);
  const [requests] = await Promise.all([
    silenceMs > 0 ? canaryRequests(run) : Promise.resolve(undefined),
    run.sleep(lastMs),
  ]);
  return requests;
}

async function syncOf(run: RollbackRun): Promise<RouteState["sync"]["kind"] | undefined> {
  return (await run.readRoute())?.sync.kind;
}

/** With a sync that fails, weight 0 has no effect: the canary's pods are still asked. */
async function untilThawed(run: RollbackRun, { frozenMs }: Patience): Promise<void> {
  const say = nowAndThen(run.ports, (sentence) => run.announce("warning", sentence));
  const thawed = await poll(run, { everyMs: pollMs, forMs: frozenMs }, async () => {
    if ((await syncOf(run)) !== "frozen") return true;
    if (frozenMs > 0) say(`The gateway's sync is frozen: ${run.label} keeps its pods until weight 0 is in effect`);
    return undefined;
  });
  if (thawed === undefined) throw stillFrozen(run);
}

function stillFrozen({ label }: RollbackRun): ReleaseFailed {
  return new ReleaseFailed(
    `${label}: the gateway's sync is frozen, weight 0 is asked and not in effect, so the canary's pods stay; repair the ApisixRoute that can't be synced and run the update again`,
  );
}

async function untilSilent(run: RollbackRun, atFirst: number | undefined, { silenceMs }: Patience): Promise<void> {
  let before = atFirst;
  const everyMs = run.settings.scrapeInterval * 1000;
  const silent = await poll(run, { everyMs, forMs: silenceMs }, async () => {
    const now = await canaryRequests(run);
    const stands = now === undefined || now === before;
    before = now;
    return stands ? true : undefined;
  });
  if (silent === undefined)
    run.announce("warning", `${run.label} still has traffic ${Math.round(silenceMs / 1000)}s after weight 0`);
}

/** All requests the canary's pods ever answered; undefined when nobody can tell. */
async function canaryRequests(run: RollbackRun): Promise<number | undefined> {
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
