// Stand-in for Apache APISIX 3.17: the shared dictionaries that a gateway has, of which only some are filled here.
import { Slab } from "./slab.js";
import type { SharedDict } from "./shared-dict.js";

const MIB = 1024 * 1024;

/** Name and size of a dictionary. */
export interface DictionarySize {
  readonly name: string;
  readonly bytes: number;
}

const ALWAYS: Readonly<Record<string, number>> = {
  "balancer-ewma": 10,
  "balancer-ewma-last-touched-at": 10,
  "balancer-ewma-locks": 10,
  "etcd-cluster-health-check": 10,
  "internal-status": 10,
  "lrucache-lock": 10,
  nacos: 10,
  "plugin-ai-rate-limiting": 10,
  "plugin-ai-rate-limiting-reset-header": 10,
  "standalone-config": 10,
  "status-report": 1,
  "upstream-healthcheck": 10,
  "worker-events": 10,
};

/** MiB by name, for each plugin that has some. */
const BY_PLUGIN: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "api-breaker": { "plugin-api-breaker": 10 },
  "authz-keycloak": { "access-tokens": 1, discovery: 1 },
  "limit-conn": { "plugin-limit-conn": 10, "plugin-limit-conn-redis-cluster-slot-lock": 1 },
  "limit-count": {
    "plugin-limit-count": 10,
    "plugin-limit-count-redis-cluster-slot-lock": 1,
    "plugin-limit-count-reset-header": 10,
  },
  "limit-req": { "plugin-limit-req": 10, "plugin-limit-req-redis-cluster-slot-lock": 1 },
  "openid-connect": { discovery: 1, introspection: 10, jwks: 1 },
  "proxy-cache": { memory_cache: 50 },
};

/** The dictionaries besides the metrics' own, for a gateway with these plugins. */
export function otherDictionaries(plugins: ReadonlySet<string>, cacheBytes: number): readonly DictionarySize[] {
  const byPlugin = [...plugins].flatMap((plugin) => Object.entries(BY_PLUGIN[plugin] ?? {}));
  const sizes = new Map([...Object.entries(ALWAYS), ...byPlugin]);
  const fixed = [...sizes].map(([name, size]) => ({ name, bytes: size * MIB }));
  return [...fixed, { name: CACHE, bytes: cacheBytes }];
}

/** Holds the counters. */
export const METRICS = "prometheus-metrics";
/** Holds the text of the page. */
export const CACHE = "prometheus-cache";

/** Holds the configuration as it was pushed. */
export const CONFIG = "standalone-config";

/** All dictionaries with what is free in them; `filled` are those with something in them. */
export function dictionaries(
  sizes: readonly DictionarySize[],
  filled: Readonly<Record<string, Pick<SharedDict, "capacityBytes" | "freeBytes">>>,
): readonly { readonly name: string; readonly capacityBytes: number; readonly freeBytes: number }[] {
  const empty = sizes.filter(({ name }) => filled[name] === undefined);
  return [
    ...empty.map(({ name, bytes }) => ({ name, capacityBytes: bytes, freeBytes: new Slab(name, bytes).freeBytes })),
    ...Object.entries(filled).map(([name, { capacityBytes, freeBytes }]) => ({ name, capacityBytes, freeBytes })),
  ];
}
