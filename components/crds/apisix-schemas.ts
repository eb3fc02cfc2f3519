/** Structural schemas of the kinds that we write, from their documentation; unknown fields are kept in all of them. */

export type Schema = Readonly<Record<string, unknown>>;

const open: Schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
const text: Schema = { type: "string" };
const texts: Schema = { type: "array", items: text };
const integer: Schema = { type: "integer" };
const port: Schema = { anyOf: [{ type: "integer" }, { type: "string" }], "x-kubernetes-int-or-string": true };

function objectOf(properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema {
  const needs = required.length === 0 ? {} : { required: [...required] };
  return { type: "object", properties, ...needs, "x-kubernetes-preserve-unknown-fields": true };
}

function listOf(items: Schema): Schema {
  return { type: "array", items };
}

const plugins = listOf(objectOf({ name: text, enable: { type: "boolean", default: true }, config: open }, ["name"]));

const backend = objectOf(
  {
    serviceName: { type: "string", minLength: 1 },
    servicePort: port,
    resolveGranularity: { type: "string", enum: ["endpoint", "service"] },
    weight: { type: "integer", minimum: 0, default: 100 },
    subset: text,
  },
  ["serviceName", "servicePort"],
);

const expression = objectOf(
  { subject: objectOf({ scope: text, name: text }, ["scope"]), op: text, value: text, set: texts },
  ["subject", "op"],
);

const match = objectOf({ paths: texts, methods: texts, hosts: texts, remoteAddrs: texts, exprs: listOf(expression) }, [
  "paths",
]);

const timeout = objectOf({ connect: text, send: text, read: text });

const httpRule = objectOf(
  {
    name: { type: "string", minLength: 1 },
    priority: integer,
    match,
    timeout,
    websocket: { type: "boolean" },
    plugin_config_name: text,
    plugin_config_namespace: text,
    backends: listOf(backend),
    upstreams: listOf(open),
    plugins,
    authentication: open,
  },
  ["name"],
);

const route = objectOf({ ingressClassName: text, http: listOf(httpRule), stream: listOf(open) });

const upstream = objectOf({
  ingressClassName: text,
  retries: integer,
  timeout,
  scheme: text,
  loadbalancer: open,
  healthCheck: open,
});

const adminKey = objectOf({
  value: text,
  valueFrom: objectOf({ secretKeyRef: objectOf({ name: text, key: text }, ["name", "key"]) }),
});

const gatewayProxy = objectOf({
  publishService: text,
  statusAddress: texts,
  provider: objectOf(
    {
      type: { type: "string", enum: ["ControlPlane"] },
      controlPlane: objectOf({
        mode: text,
        endpoints: texts,
        service: objectOf({ name: text, port: integer }, ["name"]),
        tlsVerify: { type: "boolean" },
        auth: objectOf({ type: { type: "string", enum: ["AdminKey"] }, adminKey }, ["type"]),
      }),
    },
    ["type"],
  ),
  plugins: listOf(objectOf({ name: text, enabled: { type: "boolean" }, config: open }, ["name"])),
  pluginMetadata: open,
});

/** Specs by kind; a kind that is missing here is open. */
export const specSchemas: Readonly<Record<string, Schema>> = {
  ApisixRoute: route,
  ApisixUpstream: upstream,
  ApisixPluginConfig: objectOf({ ingressClassName: text, plugins }),
  ApisixGlobalRule: objectOf({ ingressClassName: text, plugins }),
  GatewayProxy: gatewayProxy,
};

/** The whole object's schema. */
export function objectSchema(kind: string): Schema {
  return { type: "object", properties: { spec: specSchemas[kind] ?? open, status: open } };
}
