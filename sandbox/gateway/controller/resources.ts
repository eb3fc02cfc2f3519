// Stand-in for the APISIX ingress controller 2.2: the parts of Kubernetes objects that it reads.
import { z } from "zod";
import { goDurationSeconds } from "./duration.js";

const metadata = z.looseObject({
  name: z.string(),
  namespace: z.string().default(""),
  generation: z.number().default(0),
  resourceVersion: z.string().default(""),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
});

const conditions = z.array(
  z.looseObject({
    type: z.string(),
    status: z.string(),
    reason: z.string().default(""),
    message: z.string().default(""),
    observedGeneration: z.number().optional(),
  }),
);
const status = z.looseObject({ conditions: conditions.nullish() }).nullish();

const plugin = z.looseObject({
  name: z.string(),
  // As in Go: what is not said is false, and a plugin that is not on is left out. The real CRD wants it said.
  enable: z.boolean().default(false),
  config: z.record(z.string(), z.unknown()).nullish(),
  secretRef: z.string().nullish(),
});

const duration = z
  .string()
  .nullish()
  .superRefine((text, context) => {
    if (text !== null && text !== undefined && goDurationSeconds(text) === undefined) {
      context.addIssue({ code: "custom", message: `time: invalid duration "${text}"` });
    }
  });

const timeout = z.looseObject({ connect: duration, send: duration, read: duration }).nullish();

const expression = z.looseObject({
  subject: z.looseObject({ scope: z.string(), name: z.string().default("") }),
  op: z.string(),
  value: z.string().nullish(),
  set: z.array(z.string()).nullish(),
});

const backend = z.looseObject({
  serviceName: z.string(),
  servicePort: z.union([z.number(), z.string()]),
  resolveGranularity: z.string().nullish(),
  subset: z.string().nullish(),
  weight: z.number().int().nullish(),
});

const httpRule = z.looseObject({
  name: z.string().default(""),
  priority: z.number().default(0),
  timeout,
  match: z.looseObject({
    paths: z.array(z.string()),
    methods: z.array(z.string()).nullish(),
    hosts: z.array(z.string()).nullish(),
    remoteAddrs: z.array(z.string()).nullish(),
    exprs: z.array(expression).nullish(),
  }),
  backends: z.array(backend).nullish(),
  upstreams: z.array(z.looseObject({ name: z.string(), weight: z.number().int().nullish() })).nullish(),
  websocket: z.boolean().default(false),
  plugin_config_name: z.string().nullish(),
  plugin_config_namespace: z.string().nullish(),
  plugins: z.array(plugin).nullish(),
});

export const apisixRouteSchema = z.looseObject({
  metadata,
  spec: z.looseObject({ ingressClassName: z.string().nullish(), http: z.array(httpRule).nullish() }),
  status,
});

const upstreamConfig = z.looseObject({
  retries: z.number().int().nullish(),
  timeout,
  scheme: z.string().nullish(),
  passHost: z.enum(["pass", "node", "rewrite"]).nullish(),
  upstreamHost: z.string().nullish(),
  loadbalancer: z
    .looseObject({ type: z.string().default("roundrobin"), hashOn: z.string().nullish(), key: z.string().nullish() })
    .nullish(),
  healthCheck: z
    .looseObject({
      active: z.record(z.string(), z.unknown()).nullish(),
      passive: z.record(z.string(), z.unknown()).nullish(),
    })
    .nullish(),
});

export const apisixUpstreamSchema = z.looseObject({
  metadata,
  spec: upstreamConfig
    .extend({
      ingressClassName: z.string().nullish(),
      portLevelSettings: z.array(upstreamConfig.extend({ port: z.number() })).nullish(),
      externalNodes: z
        .array(
          z.looseObject({
            name: z.string(),
            type: z.string().default("Domain"),
            port: z.number().nullish(),
            weight: z.number().int().nullish(),
          }),
        )
        .nullish(),
    })
    .prefault({}),
  status,
});

export const pluginHolderSchema = z.looseObject({
  metadata,
  spec: z.looseObject({ ingressClassName: z.string().nullish(), plugins: z.array(plugin).nullish() }).prefault({}),
  status,
});

const secretReference = z.looseObject({ name: z.string(), namespace: z.string() });

export const apisixTlsSchema = z.looseObject({
  metadata,
  spec: z.looseObject({
    ingressClassName: z.string().nullish(),
    hosts: z.array(z.string()),
    secret: secretReference,
    client: z.looseObject({ caSecret: secretReference.nullish() }).nullish(),
  }),
  status,
});

const adminKey = z.looseObject({
  value: z.string().nullish(),
  valueFrom: z.looseObject({ secretKeyRef: z.looseObject({ name: z.string(), key: z.string() }).nullish() }).nullish(),
});

export const gatewayProxySchema = z.looseObject({
  metadata,
  spec: z.looseObject({
    provider: z
      .looseObject({
        type: z.string(),
        controlPlane: z
          .looseObject({
            mode: z.string().nullish(),
            endpoints: z.array(z.string()).nullish(),
            service: z.looseObject({ name: z.string(), port: z.number().nullish() }).nullish(),
            auth: z.looseObject({ type: z.string(), adminKey: adminKey.nullish() }),
          })
          .nullish(),
      })
      .nullish(),
    plugins: z
      .array(
        z.looseObject({
          name: z.string(),
          enabled: z.boolean().default(false),
          config: z.record(z.string(), z.unknown()).nullish(),
        }),
      )
      .nullish(),
    pluginMetadata: z.record(z.string(), z.unknown()).nullish(),
  }),
});

export const ingressClassSchema = z.looseObject({
  metadata,
  spec: z
    .looseObject({
      controller: z.string().default(""),
      parameters: z
        .looseObject({
          apiGroup: z.string().nullish(),
          kind: z.string(),
          name: z.string(),
          namespace: z.string().nullish(),
        })
        .nullish(),
    })
    .prefault({}),
});

export const serviceSchema = z.looseObject({
  metadata,
  spec: z
    .looseObject({
      type: z.string().default("ClusterIP"),
      clusterIP: z.string().default(""),
      externalName: z.string().nullish(),
      ports: z.array(z.looseObject({ name: z.string().default(""), port: z.number() })).default([]),
    })
    .prefault({}),
});

export const endpointSliceSchema = z.looseObject({
  metadata,
  endpoints: z
    .array(
      z.looseObject({
        addresses: z.array(z.string()).default([]),
        conditions: z.looseObject({ ready: z.boolean().nullish(), terminating: z.boolean().nullish() }).nullish(),
      }),
    )
    .nullish(),
  ports: z.array(z.looseObject({ name: z.string().default(""), port: z.number().nullish() })).nullish(),
});

export const secretSchema = z.looseObject({
  metadata,
  data: z.record(z.string(), z.string()).nullish(),
});

/** Any object of which only name and generation matter. */
export const anyObjectSchema = z.looseObject({ metadata, status });

export type ApisixRoute = z.infer<typeof apisixRouteSchema>;
export type HttpRule = z.infer<typeof httpRule>;
export type Backend = z.infer<typeof backend>;
export type MatchExpression = z.infer<typeof expression>;
export type PluginReference = z.infer<typeof plugin>;
export type ApisixUpstream = z.infer<typeof apisixUpstreamSchema>;
export type UpstreamConfig = z.infer<typeof upstreamConfig>;
export type ApisixTls = z.infer<typeof apisixTlsSchema>;
export type PluginHolder = z.infer<typeof pluginHolderSchema>;
export type GatewayProxy = z.infer<typeof gatewayProxySchema>;
export type IngressClass = z.infer<typeof ingressClassSchema>;
export type KubeService = z.infer<typeof serviceSchema>;
export type EndpointSlice = z.infer<typeof endpointSliceSchema>;
export type Secret = z.infer<typeof secretSchema>;
export type AnyObject = z.infer<typeof anyObjectSchema>;
