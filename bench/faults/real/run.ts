import path from "node:path";
import { Cluster } from "./cluster.js";
import { healthyPromoted } from "./contract.js";
import type { RealOptions, RealResults } from "./contract.js";
import { startHooks } from "./hooks.js";
import { tail } from "./lane.js";
import { matrixOf } from "./matrix.js";
import { planCases, wantsSeries } from "./plan.js";
import { Project } from "../../project/index.js";
import { runCases } from "./schedule.js";
import { runSeries } from "./series.js";
import type { SeriesResults } from "./series.js";

const none: SeriesResults = {
  promotions: { runs: 0, failedRequests: 0 },
  rollbacks: { runs: 0, failedRequests: 0 },
  violations: [],
};

/** Everything, inside the sandbox: platform, cases, series. */
export async function runReal(options: RealOptions, tell: (line: string) => void): Promise<RealResults> {
  await deployPlatform(tell);
  const cluster = new Cluster();
  const hooks = await startHooks();
  const cases = planCases(options);
  tell(`${cases.length} cases, seed ${options.seed ?? 1}`);
  const results = await runCases(cases, options.lanes ?? 3, { cluster, hooks, tell });
  hooks.stop();
  if (results.length > 0) tell(matrixOf(results));
  const series = wantsSeries(options) ? await runSeries(cluster, seriesOptions(options, tell)) : none;
  const violations = [...results.flatMap((each) => each.violations), ...series.violations];
  return {
    cases: results.length,
    realCases: results.map((each) => ({ ...each, violations: each.violations.length })),
    healthyNotPromoted: violations.filter(({ invariant }) => invariant === healthyPromoted).length,
    violations,
    promotions: series.promotions,
    rollbacks: series.rollbacks,
  };
}

function seriesOptions(options: RealOptions, tell: (line: string) => void) {
  const runs = options.series ?? (options.short === true ? 2 : 50);
  return { runs, perSecond: options.seriesPerSecond ?? 200, tell };
}

async function deployPlatform(tell: (line: string) => void): Promise<void> {
  const platform = (await Project.create("platform", path.join(__dirname, "platform-program.js"))).up({});
  const { code, seconds } = await platform.exited;
  if (code !== 0) throw new Error(`the platform could not be deployed: ${tail(platform.output)}`);
  tell(`platform ready after ${seconds.toFixed(1)}s`);
}
