import type { CheckReport, CheckVerdict, CustomOutcome, Observation } from "../contract.js";
import type { AnalysisState } from "../state.js";
import type { Moment } from "./findings.js";
import type { CustomMetric } from "./hypotheses.js";
import { customText } from "./sentences.js";

/**
 * Judges a number that somebody else computed: there are no requests behind it to weigh, so a value beyond its limit is a
 * failed check at the end of an interval, as with Flagger, and holds the weight until then.
 */
export function checkCustom(
  state: AnalysisState,
  metric: CustomMetric,
  observation: Observation,
  moment: Moment,
): CheckReport {
  const { reading } = observation;
  const outcome: CustomOutcome =
    reading.kind === "error"
      ? reading
      : (reading.custom.find((each) => each.metric === metric.name)?.outcome ?? { kind: "noData" });
  const { min, max } = metric.thresholdRange ?? {};
  const report = (verdict: CheckVerdict, value: number | undefined, limit: number | undefined, sentence: string) =>
    ({
      metric: metric.name,
      verdict,
      value,
      limit,
      unit: "",
      requests: 0,
      confidence: 0,
      dryRun: metric.dryRun,
      sentence,
    }) satisfies CheckReport;
  const usual = max ?? min;
  if (outcome.kind === "error") return report("error", undefined, usual, `${metric.name}: ${outcome.message}`);
  if (outcome.kind === "noData" || outcome.kind === "counters")
    return report("noData", undefined, usual, noSeriesText(state, metric.name));
  if (outcome.kind === "noTraffic")
    return {
      ...report(
        "inconclusive",
        undefined,
        usual,
        `${metric.name}: its series are there, and nothing happened to measure`,
      ),
      awaitsRequests: true,
    };
  const { value } = outcome;
  const bad = min !== undefined && value < min ? "below" : max !== undefined && value > max ? "above" : undefined;
  const limit = bad === "below" ? min : bad === "above" ? max : usual;
  const sentence =
    limit === undefined
      ? `${metric.name} ${value.toFixed(2)} (no limit: compare is for the built-in metrics)`
      : customText(metric.name, value, bad, limit, max === undefined);
  if (bad === undefined)
    return report(moment.trouble?.verdict === "inconclusive" ? "inconclusive" : "pass", value, limit, sentence);
  return report(moment.intervalEnds && moment.trouble === undefined ? "fail" : "breached", value, limit, sentence);
}

/** No series although there is traffic: a counter that doesn't exist before its first event is the usual cause. */
function noSeriesText({ totals, runStart }: AnalysisState, name: string): string {
  const requests = totals.subject.requests - runStart.totals.subject.requests;
  const head = `no values found for custom metric: ${name}`;
  return requests === 0
    ? head
    : `${head}, though the canary had ${requests} requests: a counter may not exist before its first event, write "or vector(0)" behind the sum that may be empty`;
}
