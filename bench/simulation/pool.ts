import { availableParallelism } from "node:os";
import path from "node:path";
import { Worker } from "node:worker_threads";
import { runsOf, scenarioNames } from "./scenarios.js";
import type { ScenarioName } from "./scenarios.js";
import type { Chunk, Simulated } from "./simulate.js";
import { rowOf } from "./summary.js";
import type { Row } from "./summary.js";

const chunkSize = 100;

export interface PoolOptions {
  readonly releases: number;
  readonly seed: number;
  readonly workers?: number;
  readonly scenarios?: readonly ScenarioName[];
  readonly progress: (done: number, all: number) => void;
}

/** Simulates all scenarios on all cores. The result depends on seed and number of releases only. */
export async function simulateAll(options: PoolOptions): Promise<readonly Row[]> {
  const scenarios = options.scenarios ?? scenarioNames;
  const chunks = scenarios.flatMap((scenario) => chunksOf(scenario, options));
  const results = await share(chunks, options.workers ?? availableParallelism(), options.progress);
  return scenarios.map((scenario) => {
    const own = results
      .filter(({ chunk }) => chunk.scenario === scenario)
      .toSorted((a, b) => a.chunk.from - b.chunk.from);
    return rowOf(
      scenario,
      own.flatMap((each) => each.ours),
      own.flatMap((each) => each.flagger),
    );
  });
}

function chunksOf(scenario: ScenarioName, { releases, seed }: PoolOptions): readonly Chunk[] {
  const runs = runsOf(scenario, releases);
  return Array.from({ length: Math.ceil(runs / chunkSize) }, (_, index) => ({
    scenario,
    seed,
    from: index * chunkSize,
    to: Math.min(runs, (index + 1) * chunkSize),
  }));
}

async function share(
  chunks: readonly Chunk[],
  workers: number,
  progress: PoolOptions["progress"],
): Promise<readonly Simulated[]> {
  const waiting = [...chunks];
  const results: Simulated[] = [];
  const runOne = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(path.join(__dirname, "worker.js"));
      const feed = (): void => {
        const chunk = waiting.shift();
        if (chunk === undefined) void worker.terminate().then(() => resolve(), reject);
        else worker.postMessage(chunk);
      };
      worker.on("error", reject);
      worker.on("message", (simulated: Simulated) => {
        results.push(simulated);
        progress(results.length, chunks.length);
        feed();
      });
      feed();
    });
  await Promise.all(Array.from({ length: Math.min(workers, chunks.length) }, runOne));
  return results;
}
