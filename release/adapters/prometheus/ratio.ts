import type { CounterSeries, CustomOutcome } from "../../analysis/contract.js";
import type { ReleaseSettings } from "../../settings/index.js";
import type { ServiceAccess } from "../service-access/index.js";
import { access } from "./access.js";
import { parseAnswer, rawSeriesOf } from "./answers.js";
import { idOf, newestOf } from "./counters.js";
import { ask, nodePattern, queryUrl, templateValues } from "./custom.js";
import type { CustomMetric, Nodes } from "./custom.js";
import { oneReadingEach } from "./targets.js";
import type { RenderTemplate } from "./templates.js";

/** The workload is scraped less often than a gateway: so much of its past holds some scrapes, seconds. */
const leastWindowSeconds = 70;
const lateMs = 60_000;

type Counted = NonNullable<CounterSeries["counted"]>;
type Read =
  { readonly kind: "series"; readonly series: readonly CounterSeries[] } | Extract<CustomOutcome, { kind: "error" }>;

export interface RatioReading {
  readonly outcome: CustomOutcome;
  readonly series: readonly CounterSeries[];
}

/** Raw samples of a metric's two counters, for both versions. */
export async function readRatio(
  settings: ReleaseSettings,
  metric: CustomMetric,
  window: Nodes & { readonly windowSeconds: number },
  world: { readonly serviceAccess: ServiceAccess; readonly render: RenderTemplate },
  signal: AbortSignal,
): Promise<RatioReading> {
  const parts = (["subject", "baseline"] as const).flatMap((version) =>
    (["numerator", "denominator"] as const).map((role): Counted => ({ metric: metric.name, role, version })),
  );
  const read = await Promise.all(parts.map((counted) => readPart(settings, metric, counted, window, world, signal)));
  const error = read.find((each) => each.kind === "error");
  if (error !== undefined) return { outcome: error, series: [] };
  return {
    outcome: { kind: "counters" },
    series: read.flatMap((each) => (each.kind === "series" ? each.series : [])),
  };
}

async function readPart(
  settings: ReleaseSettings,
  metric: CustomMetric,
  counted: Counted,
  window: Nodes & { readonly windowSeconds: number },
  { serviceAccess, render }: { readonly serviceAccess: ServiceAccess; readonly render: RenderTemplate },
  signal: AbortSignal,
): Promise<Read> {
  const { provider } = metric.template;
  if (provider.type !== "prometheus") return { kind: "error", message: "counters are read from prometheus" };
  const nodes = counted.version === "subject" ? window.canaryNodes : window.primaryNodes;
  const values = { ...templateValues(settings, metric, window), nodes: nodePattern(nodes) };
  const rendered = render(metric.template[counted.role] ?? "", values);
  if (rendered.kind === "error") return rendered;
  const seconds = Math.max(leastWindowSeconds, Math.ceil(window.windowSeconds));
  const url = queryUrl(provider.address ?? settings.prometheusUrl, `${rendered.text}[${seconds}s]`);
  // What opens the release's own Prometheus is for no other one.
  const opened = access(provider.address === undefined ? settings.prometheus : undefined);
  const answer = await ask(serviceAccess, { url, ...opened }, signal);
  if (answer.kind === "error") return answer;
  const parsed = parseAnswer(answer.body);
  if (parsed.kind === "error") return parsed;
  const raw = rawSeriesOf(parsed.data);
  if (raw === undefined) return { kind: "error", message: `its ${counted.role} is no counter with samples` };
  const told = oneReadingEach(
    raw.map((item) => ({ labels: item.labels, newestMs: newestOf(item), item })),
    [],
    lateMs,
  );
  if (told.kind === "error") return told;
  return {
    kind: "series",
    series: told.series.map(({ instance, source, own, item }) => ({
      id: `${counted.metric} ${counted.role} ${idOf(own)}`,
      // Another target than a gateway at the same address, with scrapes of its own.
      instance: `${counted.metric} ${instance}`,
      source,
      kind: "counted",
      node: "",
      code: "",
      upstreamStatus: undefined,
      upstreamAddress: undefined,
      upperBoundMs: undefined,
      counted,
      points: item.points,
    })),
  };
}
