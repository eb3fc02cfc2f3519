import type { Cluster } from "./cluster.js";
import type { Series, Violation } from "./contract.js";
import type { Failure } from "./evidence.js";
import { Lane, tail } from "./lane.js";

export interface SeriesResults {
  readonly promotions: Series;
  readonly rollbacks: Series;
  readonly violations: readonly Violation[];
}

export interface SeriesOptions {
  /** Promotions, and as many rollbacks. */
  readonly runs: number;
  readonly perSecond: number;
  readonly tell: (line: string) => void;
}

const restMs = 60_000;

interface Outcome {
  readonly failed: readonly Failure[];
  readonly violations: readonly Violation[];
}

/** Promotions and rollbacks in turn, without a pause of the users, half of whom open a connection for each request. */
export async function runSeries(cluster: Cluster, { runs, perSecond, tell }: SeriesOptions): Promise<SeriesResults> {
  const lane = await Lane.open("faults-series", cluster);
  lane.startUsers(perSecond / 2);
  const promotions: Outcome[] = [];
  const rollbacks: Outcome[] = [];
  for (let run = 1; run <= runs; run++) {
    promotions.push(await ship(lane, false, run));
    rollbacks.push(await ship(lane, true, run));
    const failed = countFailed([...promotions, ...rollbacks]);
    if (run % 5 === 0 || run === runs) tell(`series: ${run} promotions, ${run} rollbacks, ${failed} requests failed`);
  }
  const requests = await lane.stopUsers();
  tell(`series: ${requests} requests in all`);
  await lane.close();
  return {
    promotions: { runs: promotions.length, failedRequests: countFailed(promotions) },
    rollbacks: { runs: rollbacks.length, failedRequests: countFailed(rollbacks) },
    violations: [...promotions, ...rollbacks].flatMap(({ violations }) => violations),
  };
}

function countFailed(outcomes: readonly Outcome[]): number {
  return outcomes.reduce((sum, { failed }) => sum + failed.length, 0);
}

async function ship(lane: Lane, failing: boolean, run: number): Promise<Outcome> {
  const first = lane.failures.length;
  const update = lane.up({ failing });
  const { code } = await update.exited;
  const rests = await lane.restsWithin(restMs);
  const canarys = failing ? lane.tag : undefined;
  const failed = lane.failures.slice(first).filter(({ version }) => version !== canarys);
  const wanted = failing ? "Failed" : "Succeeded";
  const { phase } = lane.observer.now;
  const right = (code === 0) !== failing && phase === wanted && rests;
  const fault = failing ? "rollback" : "promotion";
  const point = `series ${run}`;
  return {
    failed,
    violations: [
      ...(right
        ? []
        : [{ fault, point, invariant: "ends as it should", detail: `${phase}: ${tail(update.output)}` } as const]),
      ...failed.slice(0, 1).map(
        ({ atMs, version, text }) =>
          ({
            fault,
            point,
            invariant: "no failed request but the canary's own",
            detail: `${failed.length} failed: ${new Date(atMs).toISOString()} ${version || "nobody"}: ${text}`,
          }) as const,
      ),
    ],
  };
}
