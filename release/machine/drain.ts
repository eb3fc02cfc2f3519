import type { CounterSeries } from "../analysis/contract.js";
import { ReleaseFailed } from "./failure.js";
import type { RollbackRun } from "./run.js";
import { SyncWatch } from "./sync-watch.js";
import type { SyncHealth } from "./sync-watch.js";
import { nowAndThen, poll } from "./waiting.js";

/** How long each thing is waited for on the way back to the primary. */
export interface Patience {
  /** A primary that restarts just now is worth a wait: without it the traffic would stay with a bad canary. */
  readonly primaryMs: number;
  /** A gateway that refuses its configuration. */
  readonly frozenMs: number;
  /** Gateways that come and go. */
  readonly weatherMs: number;
  /** An ingress controller that has not applied weight 0 yet. */
  readonly controllerMs: number;
  /** The last requests of a canary without weight. */
  readonly silenceMs: number;
}

/** Of a run that has all the time it needs. */
export function fullPatience({ settings }: RollbackRun): Patience {
  const progressMs = settings.progressDeadline * 1000;
  return {
    primaryMs: 60_000,
    frozenMs: progressMs,
    weatherMs: progressMs,
    controllerMs: progressMs,
    silenceMs: 20_000,
  };
}

/** Of a process that is about to be killed: nothing is waited for but the drain time. */
export const shortPatience: Patience = {
  primaryMs: 0,
  frozenMs: 0,
  weatherMs: 0,
  controllerMs: 0,
  silenceMs: 0,
};

const pollMs = 1_000;

/**
 * Waits until nobody asks the canary any more: at least `drain` seconds in which the gateway follows its routes, and
 * until the canary's counters stand still. `formerWeight` is what the canary had before, percent. Throws ReleaseFailed
 * where weight 0 is not known to be in effect in time.
 */
export async function waitDrain(run: RollbackRun, patience: Patience, formerWeight: number): Promise<void> {
  const traffic = new TrafficSince(run, formerWeight);
  let [before] = await Promise.all([waitDrainTime(run, patience), traffic.begin(patience)]);
  while (await waitedForEffect(run, patience, traffic)) before = await waitDrainTime(run, patience);
  if (patience.silenceMs > 0) await untilSilent(run, before, patience);
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

/** While weight 0 is written and not in effect the canary's pods are still asked. True after a wait. */
async function waitedForEffect(run: RollbackRun, patience: Patience, traffic: TrafficSince): Promise<boolean> {
  const watch = new SyncWatch();
  const say = nowAndThen(run.ports, (sentence) => run.announce("warning", sentence));
  const sinceMs = run.ports.clock.nowMs();
  for (let looks = 0; ; looks += 1) {
    const route = await run.readRoute();
    const health = route === undefined ? goodHealth : watch.see(route.sync, run.ports.clock.nowMs());
    if (health.kind === "good") return looks > 0;
    if (health.kind === "weather" && (await traffic.isPrimarysAlone())) return false;
    const limitMs = limitOf(health, patience);
    if (run.ports.clock.nowMs() - sinceMs >= limitMs) throw notInEffect(run, health);
    say(`${obstacle(health)}: ${run.label} keeps its pods until weight 0 is in effect`);
    await run.sleep(pollMs);
  }
}

type Obstacle = Exclude<SyncHealth, { kind: "good" }>;
const goodHealth: SyncHealth = { kind: "good" };

function limitOf({ kind }: Obstacle, { frozenMs, weatherMs, controllerMs }: Patience): number {
  switch (kind) {
    case "pending":
      return controllerMs;
    case "weather":
      return weatherMs;
    case "doubtful":
    case "frozen":
      return frozenMs;
  }
}

function obstacle({ kind }: Obstacle): string {
  switch (kind) {
    case "pending":
      return "The ingress controller has not applied weight 0 yet";
    case "weather":
      return "The gateways can't all be reached";
    case "doubtful":
    case "frozen":
      return "The gateway's sync is frozen";
  }
}

function notInEffect({ label }: RollbackRun, { kind }: Obstacle): ReleaseFailed {
  const pods = "so the canary's pods stay";
  switch (kind) {
    case "pending":
      return new ReleaseFailed(
        `${label}: the ingress controller has not applied weight 0, ${pods}; see that it runs, and run the update again`,
      );
    case "weather":
      return new ReleaseFailed(
        `${label}: the gateways can't all be reached, weight 0 is asked and not known to be in effect, ${pods}; see that the gateways run, and run the update again`,
      );
    case "doubtful":
    case "frozen":
      return new ReleaseFailed(
        `${label}: the gateway's sync is frozen, weight 0 is asked and not in effect, ${pods}; repair the ApisixRoute that can't be synced and run the update again`,
      );
  }
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

/** So many requests would the canary have got at its former weight: that it got none is no chance. */
const telling = 10;

/** What users' own requests show of a weight of 0, where the controller's status says nothing of use. */
class TrafficSince {
  private before: Requests | undefined;

  constructor(
    private readonly run: RollbackRun,
    private readonly formerWeight: number,
  ) {}

  async begin({ weatherMs }: Patience): Promise<void> {
    if (weatherMs > 0) this.before = await requestsOf(this.run);
  }

  /** True as soon as so many users were sent to the primary and none to the canary that weight 0 must be in effect. */
  async isPrimarysAlone(): Promise<boolean> {
    const now = await requestsOf(this.run);
    const { before } = this;
    if (now === undefined) return false;
    if (before?.canary !== now.canary) this.before = now;
    if (before === undefined || before.canary !== now.canary) return false;
    // A weight that nobody remembers was at least 1%.
    const share = Math.max(1, this.formerWeight) / 100;
    return (now.primary - before.primary) * share >= telling;
  }
}

interface Requests {
  readonly canary: number;
  readonly primary: number;
}

/** All requests the canary's pods ever answered; undefined when nobody can tell. */
async function canaryRequests(run: RollbackRun): Promise<number | undefined> {
  return (await requestsOf(run))?.canary;
}

/** All requests that each side's present pods ever answered; undefined when nobody can tell. */
async function requestsOf(run: RollbackRun): Promise<Requests | undefined> {
  const { cluster, metrics } = run.ports;
  const nodes = await Promise.all([
    cluster.readEndpoints("canary", run.signal),
    cluster.readEndpoints("primary", run.signal),
  ]).then(
    ([canary, primary]) => ({ canary: canary.nodes, primary: primary.nodes }),
    () => undefined,
  );
  if (nodes === undefined) return undefined;
  const windowSeconds = run.settings.scrapeInterval * 3;
  const asked = { windowSeconds, canaryNodes: nodes.canary, primaryNodes: nodes.primary };
  const reading = await metrics.read(asked, run.signal);
  if (reading.kind === "error") return undefined;
  const sum = (of: readonly string[]): number =>
    reading.series
      .filter(({ kind, node }) => kind === "status" && of.includes(node))
      .reduce((all, series) => all + lastValue(series), 0);
  return { canary: sum(nodes.canary), primary: sum(nodes.primary) };
}

function lastValue({ points }: CounterSeries): number {
  return points.at(-1)?.value ?? 0;
}
