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

/** The weight of a Service in a route's first rule; undefined where the route does not name it. */
export function weightOf(route: unknown, service: string): number | undefined {
  const backends = at(route, "spec", "http", 0, "backends");
  const list: readonly unknown[] = Array.isArray(backends) ? backends : [];
  const weight = at(
    list.find((backend) => at(backend, "serviceName") === service),
    "weight",
  );
  return typeof weight === "number" ? weight : undefined;
}

/** Seconds from the first canary traffic to the last time its weight became 0; undefined where either is missing. */
export function secondsToZero(changes: readonly WeightChange[]): number | undefined {
  const first = changes.find(({ weight }) => weight > 0);
  const zero = changes.findLast(({ weight }) => weight === 0);
  return first === undefined || zero === undefined || zero.atMs < first.atMs
    ? undefined
    : (zero.atMs - first.atMs) / 1000;
}
