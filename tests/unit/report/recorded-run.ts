import { createReporter, heardBy } from "../../../release/adapters/reporter/index.js";
import type { StoreReport } from "../../../release/adapters/reporter/index.js";
import type { Assessment, Observation } from "../../../release/analysis/contract.js";
import { runAnalysis, runPromotion } from "../../../release/machine/index.js";
import type { Ports } from "../../../release/machine/index.js";
import { continues, joined, readReport } from "../../../release/report/index.js";
import type { Report, WrittenReport } from "../../../release/report/index.js";
import type { AnalysisInput, ReleaseInput, ReleaseSettings } from "../../../release/settings/index.js";
import { ownRulesOf } from "../../../release/strategy/index.js";
import { portsOf, settingsFor, VirtualClock, World } from "../../../fakes/index.js";
import type { Behaviour } from "../../../fakes/index.js";

/** What happens to a release meanwhile, and how it is set. */
export interface Conditions {
  readonly canary?: Behaviour;
  /** Of the primary's new pods, during the promotion. */
  readonly promoted?: Behaviour;
  readonly analysis?: Partial<AnalysisInput>;
  readonly settings?: Partial<ReleaseInput>;
  /** Called when the analysis begins: for what happens on the way. */
  readonly meanwhile?: (world: World) => void;
}

export interface RecordedRun {
  /** As text: what is stored. */
  readonly json: string;
  readonly report: Report;
  /** What the analysis was really given, and answered. */
  readonly seen: readonly { readonly observation: Observation; readonly assessment: Assessment }[];
}

/** Runs a whole release in virtual time, from its analysis to its promotion or its end, and takes its report. */
export async function recordRun(conditions: Conditions): Promise<RecordedRun> {
  const world = new World(new VirtualClock());
  const settings = settingsFor("r2", conditions.analysis, conditions.settings);
  world.gateway.rules = ownRulesOf(settings.analysis);
  const seen: RecordedRun["seen"][number][] = [];
  let stored: WrittenReport | undefined;
  const store: StoreReport = async (report, name) => {
    stored =
      name === "promotion" && stored !== undefined && continues(stored, report) ? joined(stored, report) : report;
  };
  const part = (of: ReleaseSettings): Ports => {
    const ports = portsReporting(world, of, store);
    const judge: Ports["judge"] = (...args) => {
      const observe = ports.judge(...args);
      return (observation) => {
        const assessment = observe(observation);
        seen.push({ observation, assessment });
        return assessment;
      };
    };
    return { ...ports, judge };
  };
  await release(world, settings, conditions, part);
  if (stored === undefined) throw new Error("no report was stored");
  const json = JSON.stringify(stored);
  return { json, report: readReport(json), seen };
}

/** The world as ports, with the real reporter. */
export function portsReporting(
  world: World,
  settings: ReleaseSettings,
  storeReport: StoreReport,
  storeProgress?: StoreReport,
): Ports {
  const ports = portsOf(world);
  const reporter = createReporter(settings, {
    log: () => undefined,
    writeEvent: () => Promise.resolve(),
    webhooks: ports.webhooks,
    serviceAccess: () => Promise.resolve({ status: 200, body: "" }),
    clock: world.clock,
    storeReport,
    ...(storeProgress === undefined ? {} : { storeProgress }),
    startedBy: "alice on build-7",
  });
  return { ...ports, cluster: heardBy(reporter, ports.cluster), reporter };
}

/** First revision, then the analysis of the second, then its promotion. */
async function release(
  world: World,
  settings: ReleaseSettings,
  conditions: Conditions,
  part: (settings: ReleaseSettings) => Ports,
): Promise<void> {
  const { clock } = world;
  const signal = new AbortController().signal;
  world.applyPrimary("r1");
  const first = settingsFor("r1", conditions.analysis, conditions.settings);
  await clock.until(runPromotion(first, part(first), signal));
  world.applyCanary("r2");
  if (conditions.canary !== undefined) world.behaviour.canary = conditions.canary;
  conditions.meanwhile?.(world);
  const outcome = await clock.until(runAnalysis(settings, part(settings), signal).catch(() => undefined));
  if (outcome === undefined) return;
  world.applyPrimary("r2");
  if (conditions.promoted !== undefined) world.behaviour.primary = conditions.promoted;
  await clock.until(runPromotion(settings, part(settings), signal).catch(() => undefined));
}
