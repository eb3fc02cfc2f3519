/** Which of the series of an answer are one reading of one scrape target. */

export type Labels = Readonly<Record<string, string>>;

/** A series with the labels of the scrape taken apart from its own. */
export interface TargetSeries<T> {
  /** The target: one gateway's pod, whatever jobs and replicas read it. */
  readonly instance: string;
  /** Who read it. */
  readonly source: string;
  /** All other labels. */
  readonly own: Labels;
  readonly item: T;
}

export type Told<T> =
  | { readonly kind: "targets"; readonly series: readonly TargetSeries<T>[] }
  | { readonly kind: "error"; readonly message: string };

/** Labels that say where a sample comes from, in the usual setups of Prometheus, its operator, Thanos and Mimir. */
const usualScrapeLabels = [
  "job",
  "instance",
  "exported_job",
  "exported_instance",
  "pod",
  "container",
  "endpoint",
  "namespace",
  "kubernetes_pod_name",
  "kubernetes_namespace",
  "cluster",
  "prometheus",
  "prometheus_replica",
  "replica",
  "__replica__",
  "receive",
  "receive_replica",
  "rule_replica",
  "monitor",
] as const;

/** Of these the ones that name the target; the others name who reads it, or a wider place. */
const targetLabels = ["exported_instance", "instance", "pod", "kubernetes_pod_name"] as const;
/** Places in which the same address may be another target. */
const readerLabels = new Set<string>(usualScrapeLabels.filter((name) => name !== "cluster"));

/**
 * One reading for each target: of several scrape jobs, replicas of Prometheus or federated copies one is taken, the first
 * by name that is up to date. `scrapeLabels` are known to be of the scrape besides the usual ones. What might be two targets
 * or one read twice is an error that names the labels.
 */
export function oneReadingEach<T>(
  items: readonly { readonly labels: Labels; readonly newestMs: number; readonly item: T }[],
  scrapeLabels: readonly string[],
  lateMs: number,
): Told<T> {
  const names = [...new Set([...usualScrapeLabels, ...scrapeLabels])];
  const sources = sourcesOf(items, names);
  const chosen = new Map<string, string>();
  for (const group of groupsOf([...sources.values()])) {
    const problem = doubtOf(group, names);
    if (problem !== undefined) return { kind: "error", message: problem };
    const newestMs = Math.max(...group.map((source) => source.newestMs));
    const fresh = group.filter((source) => source.newestMs >= newestMs - lateMs);
    const [first] = fresh.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    const [instance = ""] = group.map(({ labels }) => nameOf(labels)).toSorted();
    if (first !== undefined) chosen.set(first.key, instance);
  }
  const series = items.flatMap(({ labels, item }): readonly TargetSeries<T>[] => {
    const source = keyOf(labels, names);
    const instance = chosen.get(source);
    if (instance === undefined) return [];
    const own = Object.fromEntries(Object.entries(labels).filter(([name]) => !names.includes(name)));
    return [{ instance, source, own, item }];
  });
  return twiceIn(series) ?? { kind: "targets", series };
}

interface Source {
  readonly key: string;
  readonly labels: Labels;
  newestMs: number;
}

function sourcesOf(
  items: readonly { readonly labels: Labels; readonly newestMs: number }[],
  names: readonly string[],
): ReadonlyMap<string, Source> {
  const sources = new Map<string, Source>();
  for (const { labels, newestMs } of items) {
    const key = keyOf(labels, names);
    const known = sources.get(key);
    if (known === undefined) sources.set(key, { key, labels, newestMs });
    else known.newestMs = Math.max(known.newestMs, newestMs);
  }
  return sources;
}

function keyOf(labels: Labels, names: readonly string[]): string {
  return JSON.stringify(
    Object.entries(labels)
      .filter(([name]) => names.includes(name))
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** Sources that share the address or the name of a target read the same one. */
function groupsOf(sources: readonly Source[]): readonly (readonly Source[])[] {
  let groups: (readonly Source[])[] = [];
  for (const source of sources) {
    const same = groups.filter((group) => group.some((other) => isSameTarget(source.labels, other.labels)));
    groups = [...groups.filter((group) => !same.includes(group)), [source, ...same.flat()]];
  }
  return groups;
}

function isSameTarget(a: Labels, b: Labels): boolean {
  // A federated copy carries the target's own address beside that of the Prometheus it was taken from.
  const address = (labels: Labels): string | undefined => labels["exported_instance"] ?? labels["instance"];
  const pod = (labels: Labels): string | undefined => labels["pod"] ?? labels["kubernetes_pod_name"];
  if (address(a) === undefined && pod(a) === undefined) return address(b) === undefined && pod(b) === undefined;
  const samePod = pod(a) !== undefined && pod(a) === pod(b) && namespaceOf(a) === namespaceOf(b);
  return samePod || (address(a) !== undefined && address(a) === address(b));
}

function namespaceOf(labels: Labels): string | undefined {
  return labels["namespace"] ?? labels["kubernetes_namespace"];
}

function nameOf(labels: Labels): string {
  for (const name of targetLabels) if (labels[name] !== undefined) return labels[name];
  return "";
}

/** Copies of one target differ in who read them; what differs elsewhere may be another target at the same address. */
function doubtOf(group: readonly Source[], names: readonly string[]): string | undefined {
  if (group.length < 2) return undefined;
  const target = nameOf(group[0]?.labels ?? {});
  const anonymous = target === "";
  const differing = names.filter(
    (name) => new Set(group.map(({ labels }) => labels[name])).size > 1 && (anonymous || !readerLabels.has(name)),
  );
  const [name] = differing;
  if (name === undefined) return undefined;
  const values = [...new Set(group.map(({ labels }) => JSON.stringify(labels[name] ?? "")))]
    .toSorted()
    .slice(0, 3)
    .join(" and ");
  return anonymous
    ? `its series name no target (instance or pod) and differ in ${name} (${values}): gateways can't be told from copies of one`
    : `the target ${target} is there several times, with ${differing.join(", ")} ${values}: whether it is one can't be told; ask a Prometheus or tenant that has it once`;
}

/** The same labels twice are no answer of a Prometheus. */
function twiceIn<T>(series: readonly TargetSeries<T>[]): Told<T> | undefined {
  const seen = new Set<string>();
  for (const { instance, own } of series) {
    const key = `${instance} ${JSON.stringify(Object.entries(own).toSorted(([a], [b]) => (a < b ? -1 : 1)))}`;
    if (seen.has(key))
      return { kind: "error", message: `its answer holds a series of ${instance || "a target"} twice` };
    seen.add(key);
  }
  return undefined;
}
