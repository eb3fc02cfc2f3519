import { at, follow } from "./objects.js";

/** When the canary's weight changed, by this process's clock. */
export interface WeightChange {
  readonly atMs: number;
  readonly weight: number;
}

export interface RouteWatch {
  readonly changes: readonly WeightChange[];
  stop(): void;
}

/** Follows the canary's weight on the ApisixRoutes of a namespace; tells each change at once. */
export async function watchWeights(
  namespace: string,
  canaryService: string,
  onChange: (change: WeightChange) => void,
): Promise<RouteWatch> {
  const changes: WeightChange[] = [];
  const watch = await follow(`/apis/apisix.apache.org/v2/namespaces/${namespace}/apisixroutes`, (route) => {
    const weight = weightOf(route, canaryService);
    if (weight === undefined || changes.at(-1)?.weight === weight) return;
    const change = { atMs: performance.now(), weight };
    changes.push(change);
    onChange(change);
  });
  return { changes, stop: () => watch.stop() };
}

/**
 * The highest share that a Service has of any rule that leads elsewhere too, or of copies of users' requests; undefined
 * where no such rule names it.
 */
export function weightOf(route: unknown, service: string): number | undefined {
  const shares = listAt(route, "spec", "http").flatMap((rule) => {
    const backends = listAt(rule, "backends");
    const weight = at(
      backends.find((backend) => at(backend, "serviceName") === service),
      "weight",
    );
    // Copies have a rule of their own, by which no user comes.
    return backends.length > 1 && typeof weight === "number" ? [Math.max(weight, mirroredPercent(rule))] : [];
  });
  return shares.length === 0 ? undefined : Math.max(...shares);
}

function mirroredPercent(rule: unknown): number {
  const mirror = listAt(rule, "plugins").find((plugin) => at(plugin, "name") === "proxy-mirror");
  if (mirror === undefined || at(mirror, "enable") !== true) return 0;
  const ratio = at(mirror, "config", "sample_ratio");
  return 100 * (typeof ratio === "number" ? ratio : 1);
}

function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** Seconds from the first canary traffic to the last time its weight became 0; undefined where either is missing. */
export function secondsToZero(changes: readonly WeightChange[]): number | undefined {
  const first = changes.find(({ weight }) => weight > 0);
  const zero = changes.findLast(({ weight }) => weight === 0);
  return first === undefined || zero === undefined || zero.atMs < first.atMs
    ? undefined
    : (zero.atMs - first.atMs) / 1000;
}
