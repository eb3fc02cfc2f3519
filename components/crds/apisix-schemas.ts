/**
 * Structural schemas of the kinds of `apisix.apache.org`, with the fields, needs and defaults of ingress controller
 * 2.2's own (`config/crd` of apache/apisix-ingress-controller 2.2.0). Fields of later versions are kept in all of them.
 */
import { healthCheck, loadBalancer, upstreamSchemes, upstreamSettings } from "./apisix-upstream-schemas.js";
import {
  anything,
  integerFrom,
  listOf,
  mapOf,
  objectOf,
  oneOf,
  open,
  port,
  texts,
  text,
  truth,
  withDefault,
} from "./schema.js";
import type { Schema } from "./schema.js";

export type { Schema } from "./schema.js";

const portNumber = integerFrom(1, 65_535);
const timeout = objectOf({ connect: text, send: text, read: text });
const named: Schema = { type: "string", minLength: 1 };
const secret = objectOf({ name: named, namespace: named }, ["name", "namespace"]);
/** Two rules of one name are refused, and a server-side apply of one leaves the others alone. */
const byName = { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] };

const plugins = listOf(
  objectOf({ name: text, enable: withDefault(truth, true), config: anything, secretRef: text }, ["name", "enable"]),
);
const gatewayPlugins = listOf(objectOf({ name: text, config: anything }, ["name"]));

const backend = {
  serviceName: { type: "string", minLength: 1 },
  servicePort: port,
  resolveGranularity: oneOf("endpoint", "service"),
  subset: text,
};

const expression = objectOf(
  {
    subject: objectOf({ scope: oneOf("Header", "Query", "Path", "Cookie", "Variable", "Body"), name: text }, ["scope"]),
    op: text,
    value: text,
    set: texts,
  },
  ["subject", "op"],
);

const match = objectOf(
  { paths: texts, methods: texts, hosts: texts, remoteAddrs: texts, exprs: listOf(expression), filter_func: text },
  ["paths"],
);

const authentication = objectOf(
  {
    enable: truth,
    type: text,
    keyAuth: objectOf({ header: text }),
    jwtAuth: objectOf({ header: text, query: text, cookie: text }),
    ldapAuth: objectOf({ base_dn: text, ldap_uri: text, use_tls: truth, uid: text }),
  },
  ["enable", "type"],
);

const httpRule = objectOf(
  {
    name: named,
    priority: { type: "integer" },
    match,
    timeout,
    websocket: truth,
    plugin_config_name: text,
    plugin_config_namespace: text,
    backends: listOf(
      objectOf({ ...backend, weight: { type: "integer", minimum: 0, default: 100 } }, ["serviceName", "servicePort"]),
    ),
    upstreams: listOf(objectOf({ name: text, weight: { type: "integer" } })),
    plugins,
    authentication,
  },
  ["name"],
);

const streamRule = objectOf(
  {
    name: text,
    protocol: oneOf("TCP", "UDP"),
    match: objectOf({ ingressPort: integerFrom(0, 65_535), host: text }, ["ingressPort"]),
    backend: objectOf({ ...backend, resolveGranularity: withDefault(backend.resolveGranularity, "endpoint") }, [
      "serviceName",
      "servicePort",
    ]),
    plugins,
  },
  ["name", "protocol", "match", "backend"],
);

const route = objectOf({
  ingressClassName: text,
  http: { ...listOf(httpRule), ...byName },
  stream: { ...listOf(streamRule), ...byName },
});

const tls = objectOf(
  {
    ingressClassName: text,
    hosts: { ...listOf({ type: "string", pattern: "^\\*?[0-9a-zA-Z-.]+$" }), minItems: 1 },
    secret,
    client: objectOf({ caSecret: secret, depth: { type: "integer" }, skip_mtls_uri_regex: texts }),
  },
  ["hosts", "secret"],
);

const ofService = upstreamSettings({ timeout, secret });
const upstream = objectOf({
  ingressClassName: text,
  ...ofService,
  externalNodes: {
    ...listOf(objectOf({ name: text, type: text, weight: { type: "integer" }, port: portNumber })),
    minItems: 1,
  },
  portLevelSettings: listOf(objectOf({ port: portNumber, ...ofService }, ["port"])),
});

const adminKey = objectOf({
  value: text,
  valueFrom: objectOf({ secretKeyRef: objectOf({ name: text, key: text }, ["name", "key"]) }),
});

const controlPlane = objectOf(
  {
    mode: text,
    endpoints: { ...texts, minItems: 1 },
    service: objectOf({ name: text, port: portNumber }, ["name"]),
    tlsVerify: truth,
    auth: objectOf({ type: oneOf("AdminKey"), adminKey }, ["type"]),
  },
  ["auth"],
);

const gatewayProxy = objectOf(
  {
    publishService: text,
    statusAddress: texts,
    provider: objectOf({ type: oneOf("ControlPlane"), controlPlane }, ["type"]),
    plugins: listOf(objectOf({ name: text, enabled: truth, config: anything })),
    pluginMetadata: mapOf(anything),
  },
  ["provider"],
);

const target = objectOf({ group: text, kind: text, name: named, sectionName: text }, ["group", "kind", "name"]);
const targetRefs: Schema = { ...listOf(target), minItems: 1, maxItems: 16 };

const upTo60s: Schema = { type: "string", pattern: "^[0-9]+s$", default: "60s" };
const trafficPolicy = objectOf(
  {
    targetRefs,
    loadbalancer: loadBalancer,
    scheme: withDefault(oneOf(...upstreamSchemes), "http"),
    retries: { type: "integer" },
    timeout: objectOf({ connect: upTo60s, send: upTo60s, read: upTo60s }),
    passHost: withDefault(oneOf("pass", "node", "rewrite"), "pass"),
    upstreamHost: text,
    healthCheck: healthCheck(text, "timeouts"),
  },
  ["targetRefs"],
);

const consumer = objectOf({
  gatewayRef: objectOf(
    {
      group: withDefault(text, "gateway.networking.k8s.io"),
      kind: withDefault(text, "Gateway"),
      name: named,
      namespace: text,
    },
    ["name"],
  ),
  credentials: listOf(
    objectOf(
      {
        type: oneOf("jwt-auth", "basic-auth", "key-auth", "hmac-auth"),
        name: text,
        config: anything,
        secretRef: objectOf({ name: text, namespace: text }, ["name"]),
      },
      ["type"],
    ),
  ),
  plugins: gatewayPlugins,
});

/** Specs by kind. Of ApisixConsumer alone the parameters of each kind of authentication are left to the controller. */
const specSchemas: Readonly<Record<string, Schema>> = {
  ApisixRoute: route,
  ApisixUpstream: upstream,
  ApisixTls: tls,
  ApisixConsumer: objectOf({ ingressClassName: text, authParameter: open, plugins }),
  ApisixPluginConfig: objectOf({ ingressClassName: text, plugins }, ["plugins"]),
  ApisixGlobalRule: objectOf({ ingressClassName: text, plugins }, ["plugins"]),
  GatewayProxy: gatewayProxy,
  Consumer: consumer,
  PluginConfig: objectOf({ plugins: gatewayPlugins }, ["plugins"]),
  BackendTrafficPolicy: trafficPolicy,
  HTTPRoutePolicy: objectOf({ targetRefs, priority: { type: "integer" }, vars: listOf(anything) }, ["targetRefs"]),
  L4RoutePolicy: objectOf({ targetRefs, plugins: gatewayPlugins }, ["targetRefs"]),
};

/** The whole object's schema. */
export function objectSchema(kind: string): Schema {
  return { type: "object", properties: { spec: specSchemas[kind] ?? open, status: open } };
}
