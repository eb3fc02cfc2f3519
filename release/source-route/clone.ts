import { serviceName } from "../model/index.js";
import { priorityClashes } from "./priority.js";
import type { SourceBackend, SourcePlugin, SourceRoute, SourceRule } from "./source.js";

/** The release that takes its share of somebody else's rules. */
export interface Splitting {
  readonly namespace: string;
  readonly name: string;
  /** The apex Service: a backend of that name leads to the release. */
  readonly service: { readonly name: string; readonly port: number; readonly portName: string };
  readonly ingressClassName: string;
}

/** One http rule of an ApisixRoute v2 as plain JSON. */
export type HttpRule = Readonly<Record<string, unknown>>;

export type Clone =
  | {
      readonly kind: "cloned";
      readonly http: readonly HttpRule[];
      /** What is another than in the source, one line each. */
      readonly notes: readonly string[];
    }
  /** One line each, with the names. */
  | { readonly kind: "refused"; readonly problems: readonly string[] };

/** Plugins of the ApisixPluginConfigs that rules name, as far as they could be read, by `pluginConfigKey`. */
export type PluginConfigs = ReadonlyMap<string, readonly SourcePlugin[]>;

/** Under which an ApisixPluginConfig is found; undefined where the rule names none. */
export function pluginConfigKey(namespace: string, rule: SourceRule): string | undefined {
  const name = rule.plugin_config_name ?? "";
  return name === "" ? undefined : `${rule.plugin_config_namespace ?? namespace}/${name}`;
}

/** APISIX's own. */
const defaultWeight = 100;

/**
 * The rules of a route that lead to the release's Service, one priority above their source: in each of them the backend
 * that leads there becomes the pair of primary and canary at rest, and the others keep their share. Everything else of
 * a rule is kept as it is, and rules that lead elsewhere are left to their route.
 */
export function cloneRules(source: SourceRoute, splitting: Splitting, configs: PluginConfigs = new Map()): Clone {
  const all = source.spec.http ?? [];
  const looks = all.map((rule, index) => ({ index, rule, look: lookAt(rule, splitting) }));
  const leading = looks.filter(({ look }) => look.kind === "leads");
  const problems = [
    ...classProblems(source, splitting),
    ...looks.flatMap(({ index, look }) =>
      look.kind === "refused" ? look.problems.map((each) => at(index, each)) : [],
    ),
    ...leading.flatMap(({ index, rule }) => pluginProblems(rule, splitting, configs).map((each) => at(index, each))),
  ];
  const where = `ApisixRoute ${source.metadata.name}`;
  if (problems.length > 0) return refused(problems.map((each) => `${where}: ${each}`));
  if (leading.length === 0) return refused([`${where}: ${nothingLeads(all, splitting)}`]);
  const clashes = priorityClashes(all, new Set(leading.map(({ index }) => index)));
  if (clashes.length > 0) return refused(clashes.map((each) => `${where}: ${each}`));
  return {
    kind: "cloned",
    http: leading.map(({ rule }) => cloneOf(rule, splitting, configs)),
    notes: leading.flatMap(({ index, rule }) => notesOf(rule, splitting).map((each) => `${where}: ${at(index, each)}`)),
  };
}

function refused(problems: readonly string[]): Clone {
  return { kind: "refused", problems };
}

function at(index: number, text: string): string {
  return `spec.http[${index}]${text.startsWith(".") ? "" : ": "}${text}`;
}

type Look =
  | { readonly kind: "leads" }
  | { readonly kind: "elsewhere" }
  | { readonly kind: "refused"; readonly problems: readonly string[] };

function lookAt(rule: SourceRule, splitting: Splitting): Look {
  const { service } = splitting;
  const backends = rule.backends ?? [];
  const leading = backends.flatMap((backend, index) => (leadsTo(backend, splitting) ? [{ backend, index }] : []));
  if (leading.length === 0) return { kind: "elsewhere" };
  if (weightsOf(rule).every((weight) => weight === 0) && weightsOf(rule).length > 1)
    return { kind: "refused", problems: [".backends: all weights are 0, so nobody knows its shares"] };
  // With a weight of 0 beside others nobody is sent there.
  if (weightsOf(rule).length > 1 && leading.every(({ backend }) => backend.weight === 0)) return { kind: "elsewhere" };
  const own = (["primary", "canary"] as const).map((role) => serviceName(service.name, role));
  const problems = [
    ...leading.flatMap(({ backend, index }) => backendProblems(backend, index, service)),
    ...(leading.length > 1 ? [`.backends: names Service ${service.name} ${leading.length} times`] : []),
    ...backends.flatMap(({ serviceName: name }, index) =>
      own.includes(name)
        ? [`.backends[${index}].serviceName: ${name} is a Service of the release itself, which splits ${service.name}`]
        : [],
    ),
  ];
  return problems.length === 0 ? { kind: "leads" } : { kind: "refused", problems };
}

function backendProblems(
  { servicePort, subset }: SourceBackend,
  index: number,
  { name, port, portName }: Splitting["service"],
): readonly string[] {
  const path = `.backends[${index}]`;
  const isOurs = typeof servicePort === "number" ? servicePort === port : servicePort === portName;
  return [
    ...(isOurs
      ? []
      : [`${path}.servicePort: leads to port ${servicePort} of Service ${name}, and the release has port ${port}`]),
    ...((subset ?? "") === ""
      ? []
      : [`${path}.subset: ${String(subset)}: a release is all pods of its Service, never a subset of them`]),
  ];
}

function nothingLeads(all: readonly SourceRule[], { namespace, service }: Splitting): string {
  const names = all.flatMap(({ backends, upstreams }) => [
    ...(backends ?? []).map((each) => each.serviceName),
    ...(upstreams ?? []).map(({ name }) => `ApisixUpstream ${name}`),
  ]);
  const others = [...new Set(names)];
  const led = others.length === 0 ? "it has no backend" : `its rules lead to ${others.join(", ")}`;
  return `no rule leads to Service ${service.name} in namespace ${namespace} (${led}); name it in a backend, or give service.name`;
}

function classProblems({ spec }: SourceRoute, { ingressClassName }: Splitting): readonly string[] {
  const found = spec.ingressClassName ?? "";
  if (found === "" || found === ingressClassName) return [];
  return [`spec.ingressClassName: is ${found}, and the release's class is ${ingressClassName}`];
}

function pluginProblems(rule: SourceRule, { namespace }: Splitting, configs: PluginConfigs): readonly string[] {
  const key = pluginConfigKey(namespace, rule);
  const own = enabled(rule.plugins ?? []).findIndex(({ name }) => name === "traffic-split");
  const shared = enabled(configs.get(key ?? "") ?? []).some(({ name }) => name === "traffic-split");
  const why = "plugin traffic-split would override the release's weights: take it out";
  return [
    ...(own < 0 ? [] : [`.plugins[${own}]: ${why}`]),
    ...(shared ? [`.plugin_config_name: ApisixPluginConfig ${key}: ${why}`] : []),
  ];
}

function enabled(plugins: readonly SourcePlugin[]): readonly SourcePlugin[] {
  return plugins.filter(({ enable }) => enable);
}

function cloneOf(rule: SourceRule, splitting: Splitting, configs: PluginConfigs): HttpRule {
  const scale = scaleOf(rule, splitting);
  const weighted = <T extends { readonly weight?: number | null | undefined }>(each: T): T => ({
    ...each,
    weight: weightOf(each) * scale.factor,
  });
  return {
    ...rule,
    priority: (rule.priority ?? 0) + 1,
    backends: (rule.backends ?? []).flatMap((backend) =>
      leadsTo(backend, splitting) ? pairAtRest(backend, scale.pair, splitting) : [weighted(backend)],
    ),
    ...(rule.upstreams == null ? {} : { upstreams: rule.upstreams.map(weighted) }),
    plugins: withPrometheus(rule, configs.get(pluginConfigKey(splitting.namespace, rule) ?? "") ?? []),
  };
}

/**
 * By which all weights of a rule are multiplied, so that each whole percentage of the pair's own is a whole number. A
 * lone backend has no share: its pair has 100.
 */
function scaleOf(rule: SourceRule, splitting: Splitting): { readonly factor: number; readonly pair: number } {
  if (weightsOf(rule).length === 1) return { factor: 1, pair: 100 };
  const own = weightOf(rule.backends?.find((each) => leadsTo(each, splitting)) ?? {});
  const factor = 100 / greatestCommonDivisor(own, 100);
  return { factor, pair: own * factor };
}

function leadsTo({ serviceName: name }: SourceBackend, { service }: Splitting): boolean {
  return name === service.name;
}

function weightsOf({ backends, upstreams }: SourceRule): readonly number[] {
  return [...(backends ?? []), ...(upstreams ?? [])].map(weightOf);
}

function weightOf({ weight }: { readonly weight?: number | null | undefined }): number {
  return weight ?? defaultWeight;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Always both, in this order: adding one under load can give brief errors. */
function pairAtRest(backend: SourceBackend, total: number, { service }: Splitting): readonly SourceBackend[] {
  // The gateway must go to the pods themselves: only by their addresses can the two be told apart.
  const { resolveGranularity: _granularity, subset: _subset, ...rest } = backend;
  const half = (role: "primary" | "canary", weight: number): SourceBackend => ({
    ...rest,
    serviceName: serviceName(service.name, role),
    servicePort: service.port,
    weight,
  });
  return [half("primary", total), half("canary", 0)];
}

const prometheus = "prometheus";

/** A release is judged by this plugin's counters, under names. */
function withPrometheus({ plugins }: SourceRule, shared: readonly SourcePlugin[]): readonly SourcePlugin[] {
  const own = plugins ?? [];
  const given = own.find(({ name }) => name === prometheus) ?? enabled(shared).find(({ name }) => name === prometheus);
  const counting = {
    ...(given ?? { name: prometheus }),
    enable: true,
    config: { ...given?.config, prefer_name: true },
  };
  return own.some(({ name }) => name === prometheus)
    ? own.map((each) => (each.name === prometheus ? counting : each))
    : [...own, counting];
}

function notesOf(rule: SourceRule, splitting: Splitting): readonly string[] {
  const backend = rule.backends?.findIndex((each) => leadsTo(each, splitting)) ?? -1;
  if (rule.backends?.[backend]?.resolveGranularity !== "service") return [];
  return [
    `.backends[${backend}].resolveGranularity: service becomes endpoint, since only by their pods' addresses can primary and canary be told apart`,
  ];
}
