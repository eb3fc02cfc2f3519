import { backgroundRate } from "../counters.js";
import type { Contender } from "./contender.js";
import { flagger } from "./flagger.js";
import { installFlagger } from "./flagger-install.js";
import { ours } from "./ours.js";
import { runOnce } from "./run.js";
import type { Run } from "./run.js";
import { flaggerLacks } from "./scenarios.js";
import type { Scenario } from "./scenarios.js";

export interface Comparison {
  readonly scenario: Scenario;
  readonly ours: readonly Run[];
  readonly flagger: readonly Run[];
}

const backgroundSeconds = 15;

/** Every scenario for both, or for ours where Flagger has nothing that could, `repeats` times, with the order alternated. */
export async function compareAll(
  scenarios: readonly Scenario[],
  repeats: number,
  tell: (line: string) => void,
): Promise<readonly Comparison[]> {
  await installFlagger();
  const backgroundPerSecond = await backgroundRate(backgroundSeconds);
  tell(`at rest the API server answers ${backgroundPerSecond.toFixed(1)} requests/s`);
  const results: Comparison[] = [];
  for (const [index, scenario] of scenarios.entries())
    results.push(await compare(scenario, { repeats, firstTurn: index, backgroundPerSecond, tell }));
  return results;
}

interface Rounds {
  readonly repeats: number;
  /** Who begins alternates from scenario to scenario too. */
  readonly firstTurn: number;
  readonly backgroundPerSecond: number;
  readonly tell: (line: string) => void;
}

async function compare(scenario: Scenario, rounds: Rounds): Promise<Comparison> {
  const runs: Record<Contender["name"], Run[]> = { ours: [], flagger: [] };
  for (let round = 0; round < rounds.repeats; round++) {
    for (const contender of orderOf(rounds.firstTurn + round)) {
      if (contender === flagger && flaggerLacks(scenario) !== undefined) continue;
      const id = `${contender.name}-${scenario.name}-${round}`;
      const place = { namespace: `bench-${id}`, name: "app", host: `${id}.example.com` };
      const run = await runOnce(contender, scenario, place, rounds.backgroundPerSecond);
      runs[contender.name].push(run);
      rounds.tell(oneLine(id, run));
    }
  }
  return { scenario, ...runs };
}

/** Neither always has the cluster that the other one has warmed up. */
function orderOf(turn: number): readonly Contender[] {
  return turn % 2 === 0 ? [ours, flagger] : [flagger, ours];
}

function oneLine(id: string, run: Run): string {
  const zero = run.secondsToZero === undefined ? "-" : `${run.secondsToZero.toFixed(1)}s`;
  const outcome = `${run.outcome}${run.right ? "" : " (WRONG)"}`;
  const users = `failed ${run.failedUserRequests}, slow ${run.slowUserRequests}, lost ${run.requestsLostAtScaleDown}`;
  const cost = `api ${run.apiRequests}, prometheus ${run.prometheusQueries}, cpu ${run.cpuSeconds.toFixed(1)}s, ${run.peakMemoryMiB.toFixed(0)} MiB`;
  return `${id}: ${outcome}, to zero ${zero}, wall ${run.wallSeconds.toFixed(0)}s, ${users}, ${cost}`;
}
