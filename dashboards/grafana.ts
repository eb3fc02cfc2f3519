import {
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  FieldColorBuilder,
  FieldColorModeId,
  MappingType,
  QueryVariableBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { Dashboard, ValueMapping } from "@grafana/grafana-foundation-sdk/dashboard";
import {
  BigValueColorMode,
  LegendDisplayMode,
  LegendPlacement,
  LineInterpolation,
  ReduceDataOptionsBuilder,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TimelineBuilder } from "@grafana/grafana-foundation-sdk/statetimeline";
import { PanelBuilder as TableBuilder } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as TimeSeriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";

/** The one that the reader chooses at the top. */
const source = { type: "prometheus", uid: "${datasource}" } as const;
/** Series of the release that the reader chose. Two watchdogs tell the same: `max` makes one of them. */
const chosen = '{release_namespace="$namespace", release="$release"}';
const underWay = "Waiting|Progressing|WaitingPromotion|Promoting|Finalising";

const tones = { good: "green", waiting: "yellow", bad: "red", quiet: "text", work: "blue" } as const;

/** Grafana's dashboard of all releases and of one, made of the metrics that the watchdog exports. */
export function releaseDashboard(): Dashboard {
  return new DashboardBuilder("Canary releases on APISIX")
    .uid("apisix-canary-releases")
    .description("What each release is doing, and why: from the metrics of apisix-canary's watchdog.")
    .tags(["apisix", "canary", "progressive-delivery"])
    .refresh("5s")
    .time({ from: "now-30m", to: "now" })
    .timezone("browser")
    .tooltip(DashboardCursorSync.Crosshair)
    .withVariable(new DatasourceVariableBuilder("datasource").label("Prometheus").type("prometheus"))
    .withVariable(labelVariable("namespace", "Namespace", "label_values(apisix_canary_weight, release_namespace)"))
    .withVariable(
      labelVariable(
        "release",
        "Release",
        'label_values(apisix_canary_weight{release_namespace="$namespace"}, release)',
      ),
    )
    .withRow(new RowBuilder("All releases"))
    .withPanel(
      stat("Under way", `count(${perRelease(`apisix_canary_phase{phase=~"${underWay}"} == 1`)}) or vector(0)`, [
        [0, tones.quiet],
        [1, tones.work],
      ]),
    )
    .withPanel(
      stat("Rolled back", `count(${perRelease('apisix_canary_phase{phase="Failed"} == 1')}) or vector(0)`, [
        [0, tones.good],
        [1, tones.bad],
      ]),
    )
    .withPanel(
      stat(
        "Waiting for people",
        `count(${perRelease('apisix_canary_stalled == 1 or apisix_canary_command{command="pause"} == 1')}) or vector(0)`,
        [
          [0, tones.good],
          [1, tones.waiting],
        ],
      ),
    )
    .withPanel(
      stat("Seen by the watchdog", "min(apisix_canary_watchdog_look_age_seconds)", [
        [-1, tones.good],
        [30, tones.waiting],
        [60, tones.bad],
      ])
        .unit("s")
        .noValue("never"),
    )
    .withPanel(releaseTable())
    .withRow(new RowBuilder("$namespace / $release"))
    .withPanel(weight())
    .withPanel(timeline("Phase", `max by (phase) (apisix_canary_phase${chosen})`, "{{phase}}", tones.work))
    .withPanel(checkPanel("Success rates and other percents", "percent", "percent"))
    .withPanel(checkPanel("Durations", "milliseconds", "ms"))
    .withPanel(checkPanel("Other metrics", "", "short"))
    .withPanel(
      timeline(
        "What the checks say",
        `max by (metric, verdict) (apisix_canary_check_verdict${chosen}) == 1`,
        "{{metric}}: {{verdict}}",
        tones.work,
      ),
    )
    .withPanel(evidence())
    .withPanel(
      lines("Requests that the checks are about", "short")
        .min(0)
        .withTarget(query(`max by (metric) (apisix_canary_check_requests${chosen})`, "{{metric}}")),
    )
    .withPanel(
      lines("Failed checks", "short")
        .min(0)
        .decimals(0)
        .lineInterpolation(LineInterpolation.StepAfter)
        .withTarget(query(`max(apisix_canary_failed_checks${chosen})`, "failed checks")),
    )
    .build();
}

function perRelease(expression: string): string {
  return `max by (release_namespace, release) (${expression})`;
}

function labelVariable(name: string, label: string, values: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .query(values)
    .datasource(source)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc);
}

function query(expression: string, legend: string, refId = "A"): DataqueryBuilder {
  return new DataqueryBuilder().datasource(source).expr(expression).legendFormat(legend).refId(refId);
}

/** Of this moment, as a table. */
function column(refId: string, expression: string): DataqueryBuilder {
  return new DataqueryBuilder()
    .datasource(source)
    .expr(expression)
    .refId(refId)
    .instant()
    .format(PromQueryFormat.Table);
}

type Steps = readonly (readonly [from: number, color: string])[];

function thresholds(steps: Steps): ThresholdsConfigBuilder {
  return (
    new ThresholdsConfigBuilder()
      .mode(ThresholdsMode.Absolute)
      // Grafana wants null for the lowest step, whatever its value is.
      .steps(steps.map(([value, color], index) => ({ value: index === 0 ? null : value, color })))
  );
}

function stat(title: string, expression: string, steps: Steps): StatBuilder {
  return new StatBuilder()
    .title(title)
    .datasource(source)
    .height(4)
    .span(6)
    .colorMode(BigValueColorMode.Value)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]).values(false))
    .thresholds(thresholds(steps))
    .withTarget(query(expression, title));
}

/** One line per release: where it stands, since when, with which revision. */
function releaseTable(): TableBuilder {
  const names = { release_namespace: "Namespace", release: "Release", phase: "Phase", revision: "Revision" };
  const values = { "Value #weight": "Weight", "Value #failed": "Failed checks", "Value #since": "Since" };
  return new TableBuilder()
    .title("Releases")
    .datasource(source)
    .height(8)
    .span(24)
    .withTarget(column("phase", "max by (release_namespace, release, phase) (apisix_canary_phase) == 1"))
    .withTarget(column("weight", perRelease("apisix_canary_weight")))
    .withTarget(column("failed", perRelease("apisix_canary_failed_checks")))
    .withTarget(column("since", `1000 * ${perRelease("apisix_canary_transition_timestamp_seconds")}`))
    .withTarget(column("revision", "max by (release_namespace, release, revision) (apisix_canary_info)"))
    .withTransformation({ id: "merge", options: {} })
    .withTransformation({
      id: "organize",
      options: {
        excludeByName: { Time: true, "Value #phase": true, "Value #revision": true },
        indexByName: Object.fromEntries(
          [...Object.keys(names), ...Object.keys(values)].map((key, index) => [key, index]),
        ),
        renameByName: { ...names, ...values },
      },
    })
    .overrideByName("Weight", [{ id: "unit", value: "percent" }])
    .overrideByName("Since", [{ id: "unit", value: "dateTimeFromNow" }])
    .overrideByName("Phase", [
      { id: "custom.cellOptions", value: { type: "color-text" } },
      { id: "mappings", value: [phaseColors()] },
    ]);
}

function phaseColors(): ValueMapping {
  const color = (phases: readonly string[], tone: string) => phases.map((phase) => [phase, { color: tone }] as const);
  return {
    type: MappingType.ValueToText,
    options: Object.fromEntries([
      ...color(["Initialized", "Succeeded"], tones.good),
      ...color(["Failed", "Terminating"], tones.bad),
      ...color(["Waiting", "WaitingPromotion"], tones.waiting),
      ...color(["Initializing", "Progressing", "Promoting", "Finalising"], tones.work),
    ]),
  };
}

function lines(title: string, unit: string): TimeSeriesBuilder {
  return new TimeSeriesBuilder()
    .title(title)
    .datasource(source)
    .height(8)
    .span(12)
    .unit(unit)
    .lineWidth(2)
    .fillOpacity(8)
    .showPoints(VisibilityMode.Never)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi));
}

function weight(): TimeSeriesBuilder {
  return lines("Weight of the canary", "percent")
    .min(0)
    .max(100)
    .lineInterpolation(LineInterpolation.StepAfter)
    .withTarget(query(`max(apisix_canary_weight${chosen})`, "weight"))
    .withTarget(query(`max(apisix_canary_weight_planned${chosen})`, "planned at most", "B"))
    .overrideByName("planned at most", dashed);
}

const dashed = [
  { id: "custom.lineStyle", value: { fill: "dash", dash: [6, 6] } },
  { id: "custom.fillOpacity", value: 0 },
  { id: "color", value: { mode: "fixed", fixedColor: "red" } },
];

/** Values of all checks in one unit, each with its limit. */
function checkPanel(title: string, unit: string, shownAs: string): TimeSeriesBuilder {
  const series = (name: string): string =>
    `max by (metric) (apisix_canary_check_${name}{release_namespace="$namespace", release="$release", unit="${unit}"})`;
  return lines(title, shownAs)
    .withTarget(query(series("value"), "{{metric}}"))
    .withTarget(query(series("limit"), "{{metric}} limit", "B"))
    .overrideByRegexp(".* limit$", dashed);
}

function evidence(): TimeSeriesBuilder {
  return lines("Evidence against the revision", "percentunit")
    .description(
      "What the confidence of the analysis (default 99.9%) is compared with: above it, the revision is rolled back at once.",
    )
    .min(0)
    .max(1)
    .withTarget(query(`max by (metric) (apisix_canary_check_evidence${chosen})`, "{{metric}}"));
}

/** One row per state, coloured while it holds. */
function timeline(title: string, expression: string, legend: string, color: string): TimelineBuilder {
  return new TimelineBuilder()
    .title(title)
    .datasource(source)
    .height(8)
    .span(12)
    .showValue(VisibilityMode.Never)
    .mergeValues(true)
    .rowHeight(0.8)
    .fillOpacity(80)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .thresholds(
      thresholds([
        [0, "transparent"],
        [1, color],
      ]),
    )
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(false)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom),
    )
    .withTarget(query(expression, legend));
}
