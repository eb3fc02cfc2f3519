import type { CounterSeries } from "../../analysis/contract.js";
import { ruleKindOf } from "../../strategy/index.js";
import type { OwnRuleKind, RuleKind } from "../../strategy/index.js";
import { numberOf } from "./answers.js";
import type { RawSeries } from "./answers.js";
import { oneReadingEach } from "./targets.js";
import type { Labels, TargetSeries } from "./targets.js";

export type Counters =
  | { readonly kind: "series"; readonly series: readonly CounterSeries[] }
  /** The provider answers, but nothing can be judged by what it has. */
  | { readonly kind: "error"; readonly message: string };

/** What the release's route labels begin with, and which rules it has beside the user's own. */
export interface RulePlace {
  readonly route: string;
  readonly own: readonly OwnRuleKind[];
}

/** A target that was read so many scrapes ago is late. */
const lateScrapes = 3;
/** A histogram lacks its last bucket for good after so many scrapes. */
const scrapesWithoutTotal = 3;

/** The gateway's counters out of raw samples; series of other names are left out. */
export function gatewayCounters(
  raw: readonly RawSeries[],
  prefix: string,
  scrapeSeconds: number,
  place: RulePlace = { route: "", own: [] },
): Counters {
  const named = raw.flatMap((item) => {
    const kind = kindOf(item.labels["__name__"] ?? "", prefix);
    return kind === undefined ? [] : [{ kind, item }];
  });
  // The plugin puts no labels on this one: whatever it has is of the scrape.
  const scrapeLabels = named
    .flatMap(({ kind, item }) => (kind === "metricErrors" ? Object.keys(item.labels) : []))
    .filter((name) => name !== "__name__");
  const status = named.filter(({ kind }) => kind === "status");
  const missing = missingLabel(status.map(({ item }) => without(item.labels, scrapeLabels)));
  if (missing !== undefined) return { kind: "error", message: missing };
  const told = oneReadingEach(
    named.map(({ kind, item }) => ({ labels: item.labels, newestMs: newestOf(item), item: { kind, item } })),
    scrapeLabels,
    lateScrapes * scrapeSeconds * 1000,
  );
  if (told.kind === "error") return told;
  // What matched no route of ours has none.
  const ours = told.series.filter(({ item, own }) => item.kind === "metricErrors" || hasRoute(own));
  const series = ours.map((each) => toSeries(each, place));
  const problem = missingTotal(series);
  return problem === undefined ? { kind: "series", series } : { kind: "error", message: problem };
}

function without(labels: Labels, names: readonly string[]): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !names.includes(name)));
}

type Kind = CounterSeries["kind"];
type Item = TargetSeries<{ readonly kind: Kind; readonly item: RawSeries }>;

function kindOf(name: string, prefix: string): Kind | undefined {
  if (name === `${prefix}http_status`) return "status";
  if (name === `${prefix}http_latency_bucket`) return "latencyBucket";
  if (name === `${prefix}nginx_metric_errors_total`) return "metricErrors";
  return name === `${prefix}http_latency_count` ? "latencyCount" : undefined;
}

/** A scrape that has a label of the same name itself renames the gateway's. */
function labelOf(own: Labels, name: string): string | undefined {
  return own[`exported_${name}`] ?? own[name];
}

function hasRoute(own: Labels): boolean {
  return labelOf(own, "route") !== undefined;
}

function toSeries({ instance, source, own, item }: Item, place: RulePlace): CounterSeries {
  const { kind, item: raw } = item;
  const methodClass = labelOf(own, "method_class");
  const responseSource = labelOf(own, "response_source");
  const bucket = kind === "latencyBucket";
  const rule = ruleOf(labelOf(own, "route") ?? "", place);
  return {
    id: idOf(own),
    instance,
    source,
    kind,
    node: labelOf(own, "node") ?? "",
    code: kind === "status" ? (labelOf(own, "code") ?? "") : "",
    upstreamStatus: labelOf(own, "upstream_status"),
    upstreamAddress: labelOf(own, "upstream_addr"),
    upperBoundMs: bucket ? numberOf(own["le"] ?? "") : undefined,
    points: raw.points,
    ...(rule === "base" ? {} : { rule }),
    ...(methodClass === undefined ? {} : { methodClass }),
    ...(responseSource === undefined ? {} : { responseSource }),
    ...(bucket ? { histogram: idOf(own, "le") } : {}),
  };
}

/** Which rule a route label `<namespace>_<route>_<rule>` is of. */
function ruleOf(label: string, { route, own }: RulePlace): RuleKind {
  return label.startsWith(route) ? ruleKindOf(label.slice(route.length), own) : "base";
}

export function idOf(labels: Labels, without = ""): string {
  return JSON.stringify(
    Object.entries(labels)
      .filter(([name]) => name !== without)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

export function newestOf({ points }: RawSeries): number {
  return points.at(-1)?.timeMs ?? -Infinity;
}

const howToLabel = "take it out of disabled_labels of the gateway's prometheus plugin";

/** Without these labels the versions, or failures, can't be told apart, whatever is counted. */
function missingLabel(status: readonly Labels[]): string | undefined {
  const ours = status.filter(hasRoute);
  if (ours.length === 0)
    return status.some((own) => labelOf(own, "node") !== undefined)
      ? `the gateway's http_status has no label route: the release's requests can't be told from others; ${howToLabel}`
      : undefined;
  if (ours.every((own) => labelOf(own, "code") === undefined))
    return `the gateway's http_status has no label code: failures can't be told; ${howToLabel}`;
  // An answer of the gateway itself has no node; one of an upstream has.
  const answered = ours.some((own) => {
    const source = labelOf(own, "response_source");
    return source === undefined ? /^2/.test(labelOf(own, "code") ?? "") : source === "upstream";
  });
  return answered && ours.every((own) => labelOf(own, "node") === undefined)
    ? `the gateway's http_status has no label node: the two versions can't be told apart; ${howToLabel}`
    : undefined;
}

/** A gateway whose dictionary is full makes some buckets and not the last. */
function missingTotal(series: readonly CounterSeries[]): string | undefined {
  const buckets = series.filter(({ kind }) => kind === "latencyBucket");
  for (const own of Map.groupBy(buckets, ({ instance, histogram }) => `${instance} ${histogram ?? ""}`).values()) {
    if (own.some(({ upperBoundMs }) => upperBoundMs === Infinity)) continue;
    const [first] = own;
    if (first !== undefined && own.some(({ points }) => points.length >= scrapesWithoutTotal))
      return `the gateway ${first.instance} has latency buckets without their last one (le="+Inf"): its metrics dictionary is full; enlarge lua_shared_dict prometheus-metrics`;
  }
  return undefined;
}
