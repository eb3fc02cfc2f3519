import type { Contender } from "./contender.js";
import { flagger, installFlagger } from "./flagger.js";
import { ours } from "./ours.js";
import { runOnce } from "./run.js";
import type { Run } from "./run.js";
import type { Scenario } from "./scenarios.js";

export interface Comparison {
  readonly scenario: Scenario;
  readonly ours: readonly Run[];
  readonly flagger: readonly Run[];
}

/** Every scenario for both, `repeats` times, with the order alternated. */
export async function compareAll(
  scenarios: readonly Scenario[],
  repeats: number,
  tell: (line: string) => void,
): Promise<readonly Comparison[]> {
  await installFlagger();
  const results: Comparison[] = [];
  for (const scenario of scenarios) results.push(await compare(scenario, repeats, tell));
  return results;
}

async function compare(scenario: Scenario, repeats: number, tell: (line: string) => void): Promise<Comparison> {
  const runs: Record<Contender["name"], Run[]> = { ours: [], flagger: [] };
  for (let round = 0; round < repeats; round++) {
    const order = round % 2 === 0 ? [ours, flagger] : [flagger, ours];
    for (const contender of order) {
      const id = `${contender.name}-${scenario.name}-${round}`;
      const place = { namespace: `bench-${id}`, name: "app", host: `${id}.example.com` };
      const run = await runOnce(contender, scenario, place);
      runs[contender.name].push(run);
      tell(oneLine(id, run));
    }
  }
  return { scenario, ...runs };
}

function oneLine(id: string, run: Run): string {
  const zero = run.secondsToZero === undefined ? "-" : `${run.secondsToZero.toFixed(1)}s`;
  return `${id}: ${run.outcome}${run.right ? "" : " (WRONG)"}, to zero ${zero}, failed ${run.failedUserRequests}, slow ${run.slowUserRequests}, wall ${run.wallSeconds.toFixed(0)}s`;
}
