// Stand-in for Apache APISIX 3.17: the configuration that is pushed to PUT /apisix/admin/configs.
import { z } from "zod";

const nodeList = z.array(
  z.looseObject({ host: z.string().min(1), port: z.number().int(), weight: z.number().int().min(0) }),
);

/** `[{host, port, weight}]`, or the short form `{"host:port": weight}`. */
const nodes = z.union([
  nodeList,
  z.record(z.string(), z.number().int().min(0)).transform((entries) =>
    Object.entries(entries).map(([address, weight]) => {
      const colon = address.lastIndexOf(":");
      return colon < 0
        ? { host: address, port: 80, weight }
        : { host: address.slice(0, colon), port: Number(address.slice(colon + 1)), weight };
    }),
  ),
]);

const timeout = z.looseObject({
  connect: z.number().positive(),
  send: z.number().positive(),
  read: z.number().positive(),
});

const id = z.union([z.string().min(1), z.number()]).transform(String);
const plugins = z.record(z.string(), z.unknown());

export const upstreamSchema = z.looseObject({
  id: id.optional(),
  name: z.string().optional(),
  type: z.enum(["roundrobin", "chash", "least_conn", "ewma"]).default("roundrobin"),
  nodes: nodes.default([]),
  retries: z.number().int().min(0).optional(),
  timeout: timeout.optional(),
  scheme: z.enum(["http", "https", "grpc", "grpcs"]).default("http"),
  /** Accepted; no node is ever probed here. */
  checks: z.looseObject({}).optional(),
  pass_host: z.enum(["pass", "node", "rewrite"]).default("pass"),
  upstream_host: z.string().optional(),
});

const host = z.string().regex(/^\*$|^\*?[0-9a-zA-Z\-._[\]:]+$/, "failed to match pattern of a host");
const path = z.string().min(1).max(4096);
const method = z.enum(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE", "PURGE"]);

export const serviceSchema = z.looseObject({
  id,
  name: z.string().optional(),
  hosts: z.array(host).min(1).optional(),
  upstream: upstreamSchema.optional(),
  upstream_id: id.optional(),
  plugins: plugins.optional(),
});

export const routeSchema = z
  .looseObject({
    id,
    name: z.string().optional(),
    uri: path.optional(),
    uris: z.array(path).min(1).optional(),
    host: host.optional(),
    hosts: z.array(host).min(1).optional(),
    methods: z.array(method).optional(),
    priority: z.number().int().default(0),
    vars: z.array(z.unknown()).optional(),
    remote_addrs: z.array(z.string()).optional(),
    plugins: plugins.optional(),
    service_id: id.optional(),
    upstream: upstreamSchema.optional(),
    upstream_id: id.optional(),
    timeout: timeout.optional(),
    enable_websocket: z.boolean().default(false),
    status: z.number().int().default(1),
  })
  .refine(
    (route) => route.uri !== undefined || route.uris !== undefined,
    "object matches none of the required: uri, uris",
  );

export const globalRuleSchema = z.looseObject({ id, plugins });

const pem = z.string().min(64).max(65_536);

export const sslSchema = z
  .looseObject({
    id,
    snis: z.array(host).min(1).optional(),
    sni: host.optional(),
    cert: pem,
    key: pem,
    status: z.number().int().default(1),
  })
  .refine((ssl) => ssl.sni !== undefined || ssl.snis !== undefined, "value should match only one schema");

/** One upstream; timeouts in seconds. */
export type Upstream = z.infer<typeof upstreamSchema>;
export type Service = z.infer<typeof serviceSchema>;
export type Route = z.infer<typeof routeSchema>;
/** A certificate and the names it is shown for. */
export type Ssl = z.infer<typeof sslSchema>;
export type GlobalRule = z.infer<typeof globalRuleSchema>;

/** The kinds of resource that a push may carry; those without a schema are kept and shown, not acted on. */
export const RESOURCE_KINDS = [
  "routes",
  "services",
  "upstreams",
  "global_rules",
  "plugin_metadata",
  "plugin_configs",
  "consumers",
  "consumer_groups",
  "ssls",
  "protos",
  "stream_routes",
  "secrets",
] as const;
export type ResourceKind = (typeof RESOURCE_KINDS)[number];

/** A pushed configuration after its checks. */
export interface PushedConfig {
  readonly routes: readonly Route[];
  readonly services: readonly Service[];
  readonly upstreams: readonly Upstream[];
  readonly globalRules: readonly GlobalRule[];
  readonly ssls: readonly Ssl[];
}
