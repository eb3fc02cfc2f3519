// Stand-in for Apache APISIX 3.17: the shape of config.yaml, with the defaults of the real one.
import { z } from "zod";

const port = z.number().int().min(1).max(65535);
const node = z.union([port, z.looseObject({ port, ip: z.string().default("0.0.0.0") })]);

export const metricSchema = z
  .looseObject({
    expire: z.number().min(0).default(0),
    extra_labels: z.array(z.record(z.string(), z.string())).nullish(),
  })
  .nullish();

const time = z.union([z.string(), z.number()]);
const dictionaries = z
  .looseObject({ lua_shared_dict: z.record(z.string(), z.union([z.string(), z.number()])).default({}) })
  .prefault({});

const apisix = z
  .looseObject({
    node_listen: z.union([port, z.array(node)]).default([9080]),
    enable_admin: z.boolean().default(true),
    status: z.looseObject({ ip: z.string().default("127.0.0.1"), port: port.default(7085) }).prefault({}),
    ssl: z
      .looseObject({
        enable: z.boolean().default(true),
        listen: z
          .array(z.looseObject({ ip: z.string().default("0.0.0.0"), port: port.default(9443) }))
          .default([{ ip: "0.0.0.0", port: 9443 }]),
      })
      .prefault({}),
  })
  .prefault({});

const nginxConfig = z
  .looseObject({
    worker_processes: z.union([z.literal("auto"), z.number().int().positive()]).default("auto"),
    worker_shutdown_timeout: time.default("240s"),
    http_configuration_snippet: z.string().default(""),
    http_server_configuration_snippet: z.string().default(""),
    meta: dictionaries,
    http: z
      .looseObject({
        lua_shared_dict: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
        real_ip_from: z.array(z.string()).default(["127.0.0.1", "unix:"]),
      })
      .prefault({}),
  })
  .prefault({});

const deployment = z
  .looseObject({
    role: z.string().default("traditional"),
    role_traditional: z.looseObject({ config_provider: z.string().default("etcd") }).prefault({}),
    admin: z
      .looseObject({
        admin_key_required: z.boolean().default(true),
        admin_key: z
          .array(
            z.looseObject({
              name: z.string().optional(),
              key: z.unknown().default(""),
              role: z.enum(["admin", "viewer"]).default("admin"),
            }),
          )
          .nullish(),
        // The default of the real one: only the gateway's own host.
        allow_admin: z.array(z.string()).nullable().default(["127.0.0.0/24"]),
        admin_listen: z.looseObject({ ip: z.string().default("0.0.0.0"), port: port.default(9180) }).prefault({}),
      })
      .prefault({}),
  })
  .prefault({});

const pluginAttr = z
  .looseObject({
    prometheus: z
      .looseObject({
        enable_export_server: z.boolean().default(true),
        export_uri: z.string().default("/apisix/prometheus/metrics"),
        export_addr: z.looseObject({ ip: z.string().default("127.0.0.1"), port: port.default(9091) }).prefault({}),
        refresh_interval: z.number().positive().default(15),
        metric_prefix: z.string().default("apisix_"),
        default_buckets: z.array(z.number()).min(1).nullish(),
        metrics: z
          .looseObject({ http_status: metricSchema, http_latency: metricSchema, bandwidth: metricSchema })
          .nullish(),
      })
      .prefault({}),
    "proxy-mirror": z
      .looseObject({
        timeout: z
          .looseObject({ connect: time.default("60s"), send: time.default("60s"), read: time.default("60s") })
          .prefault({}),
      })
      .prefault({}),
    redirect: z.looseObject({ https_port: z.number().int().optional() }).prefault({}),
  })
  .prefault({});

/** The parts that the stand-in acts on; others are ignored. */
export const configSchema = z.looseObject({
  apisix,
  nginx_config: nginxConfig,
  deployment,
  plugins: z.array(z.string()).nullish(),
  stream_plugins: z.array(z.string()).nullish(),
  plugin_attr: pluginAttr,
});
