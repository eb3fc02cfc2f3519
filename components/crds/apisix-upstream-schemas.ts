/** What ApisixUpstream and BackendTrafficPolicy share: how an upstream is balanced and watched. */
import { integerFrom, listOf, mapOf, objectOf, oneOf, text, texts, truth, withDefault } from "./schema.js";
import type { Schema } from "./schema.js";

export const upstreamSchemes = ["http", "https", "grpc", "grpcs", "tcp", "tls", "udp"] as const;

export const loadBalancer = objectOf(
  {
    type: withDefault(oneOf("roundrobin", "chash", "ewma", "least_conn"), "roundrobin"),
    hashOn: withDefault(oneOf("vars", "header", "cookie", "consumer", "vars_combinations"), "vars"),
    key: text,
  },
  ["type"],
);

const codes: Schema = { ...listOf({ type: "integer" }), minItems: 1 };
const count = integerFrom(0, 254);
const probe = withDefault(oneOf("http", "https", "tcp"), "http");

/** The two kinds differ in what a time-out is, and in what the count of time-outs is called. */
export function healthCheck(timeout: Schema, timeouts: "timeout" | "timeouts"): Schema {
  const healthy = { httpCodes: codes, successes: count };
  const unhealthy = { httpCodes: codes, httpFailures: count, tcpFailures: count, [timeouts]: integerFrom(1, 254) };
  const active = objectOf({
    type: probe,
    timeout,
    concurrency: { type: "integer", minimum: 0 },
    host: text,
    port: integerFrom(1, 65_535),
    httpPath: text,
    strictTLS: truth,
    requestHeaders: texts,
    healthy: objectOf({ ...healthy, interval: text }),
    unhealthy: objectOf({ ...unhealthy, interval: text }),
  });
  const passive = objectOf({ type: probe, healthy: objectOf(healthy), unhealthy: objectOf(unhealthy) });
  return objectOf({ active, passive }, ["active"]);
}

/** What an ApisixUpstream says of its Service, and of single ports of it. */
export function upstreamSettings({ timeout, secret }: { readonly timeout: Schema; readonly secret: Schema }) {
  return {
    retries: { type: "integer" },
    timeout,
    scheme: oneOf(...upstreamSchemes),
    loadbalancer: loadBalancer,
    healthCheck: healthCheck({ type: "integer" }, "timeout"),
    passHost: oneOf("pass", "node", "rewrite"),
    upstreamHost: text,
    tlsSecret: secret,
    subsets: listOf(objectOf({ name: text, labels: mapOf(text) }, ["name", "labels"])),
    discovery: objectOf({ serviceName: text, type: text, args: mapOf(text) }, ["serviceName", "type"]),
  } satisfies Readonly<Record<string, Schema>>;
}
