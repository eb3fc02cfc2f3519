// Stand-in for Apache APISIX 3.17: reads the gateway's config.yaml.
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { DEFAULT_PLUGINS } from "./plugin-names.js";

/** Latency buckets of the prometheus plugin in milliseconds. */
export const DEFAULT_BUCKETS_MS: readonly number[] = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 30000, 60000,
];

/** A TCP address to listen on. */
export interface ListenAddress {
  readonly ip: string;
  readonly port: number;
}

/** A label that config.yaml adds to a metric: its name and the nginx variable it shows. */
export interface ExtraLabel {
  readonly name: string;
  readonly variable: string;
}

/** Settings of one metric; `expireSeconds` 0 keeps idle series for ever. */
export interface MetricSettings {
  readonly expireSeconds: number;
  readonly extraLabels: readonly ExtraLabel[];
}

/** Everything of config.yaml that the stand-in acts on. */
export interface GatewaySettings {
  readonly proxyListen: readonly ListenAddress[];
  readonly status: ListenAddress;
  readonly admin: {
    readonly listen: ListenAddress;
    /** CIDRs that may use the admin API; empty means everybody. */
    readonly allow: readonly string[];
    readonly keyRequired: boolean;
    readonly keys: readonly { readonly key: string; readonly role: "admin" | "viewer" }[];
  };
  readonly prometheus: {
    readonly exportServer: boolean;
    readonly listen: ListenAddress;
    readonly uri: string;
    readonly refreshIntervalSeconds: number;
    readonly prefix: string;
    readonly bucketsMs: readonly number[];
    readonly httpStatus: MetricSettings;
    readonly httpLatency: MetricSettings;
    readonly bandwidth: MetricSettings;
  };
  /** Names of the plugins that are switched on. */
  readonly plugins: ReadonlySet<string>;
  readonly shutdownTimeoutSeconds: number;
}

/** config.yaml can't be used; the message says what to change. */
export class SettingsError extends Error {}

const port = z.number().int().min(1).max(65535);
const node = z.union([port, z.looseObject({ port, ip: z.string().default("0.0.0.0") })]);
const metric = z
  .looseObject({
    expire: z.number().min(0).default(0),
    extra_labels: z.array(z.record(z.string(), z.string())).nullish(),
  })
  .nullish();

const schema = z.looseObject({
  apisix: z
    .looseObject({
      node_listen: z.union([port, z.array(node)]).default([9080]),
      enable_admin: z.boolean().default(true),
      status: z.looseObject({ ip: z.string().default("127.0.0.1"), port: port.default(7085) }).prefault({}),
    })
    .prefault({}),
  nginx_config: z.looseObject({ worker_shutdown_timeout: z.string().default("240s") }).prefault({}),
  deployment: z
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
                key: z.coerce.string().default(""),
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
    .prefault({}),
  plugins: z.array(z.string()).nullish(),
  plugin_attr: z
    .looseObject({
      prometheus: z
        .looseObject({
          enable_export_server: z.boolean().default(true),
          export_uri: z.string().default("/apisix/prometheus/metrics"),
          export_addr: z.looseObject({ ip: z.string().default("127.0.0.1"), port: port.default(9091) }).prefault({}),
          refresh_interval: z.number().positive().default(15),
          metric_prefix: z.string().default("apisix_"),
          default_buckets: z.array(z.number()).min(1).nullish(),
          metrics: z.looseObject({ http_status: metric, http_latency: metric, bandwidth: metric }).nullish(),
        })
        .prefault({}),
    })
    .prefault({}),
});

type Parsed = z.infer<typeof schema>;

/**
 * Reads config.yaml. `env` fills `${{NAME}}` and `${{NAME:=default}}`.
 * Throws SettingsError for a file that the real gateway would not start from.
 */
export function readSettings(text: string, env: NodeJS.ProcessEnv): GatewaySettings {
  const substituted = substitute(parseYaml(text) ?? {}, env);
  const result = schema.safeParse(substituted);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw new SettingsError(`config.yaml: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "invalid"}`);
  }
  checkMode(result.data);
  return toSettings(result.data);
}

function checkMode(config: Parsed): void {
  const { role, role_traditional } = config.deployment;
  if (role !== "traditional") {
    throw new SettingsError(`config.yaml: deployment.role is ${role}; API-driven standalone needs traditional`);
  }
  if (role_traditional.config_provider !== "yaml") {
    throw new SettingsError(
      `config.yaml: deployment.role_traditional.config_provider is ${role_traditional.config_provider}; ` +
        "there is no etcd here, API-driven standalone needs yaml",
    );
  }
  if (!config.apisix.enable_admin) {
    throw new SettingsError(
      "config.yaml: apisix.enable_admin is false; without the admin API no configuration arrives",
    );
  }
}

function toSettings(config: Parsed): GatewaySettings {
  const { admin } = config.deployment;
  const prometheus = config.plugin_attr.prometheus;
  const plugins = new Set(config.plugins ?? DEFAULT_PLUGINS);
  const listen = config.apisix.node_listen;
  return {
    proxyListen: (typeof listen === "number" ? [listen] : listen).map((entry) =>
      typeof entry === "number" ? { ip: "0.0.0.0", port: entry } : { ip: entry.ip, port: entry.port },
    ),
    status: { ip: config.apisix.status.ip, port: config.apisix.status.port },
    admin: {
      listen: { ip: admin.admin_listen.ip, port: admin.admin_listen.port },
      allow: admin.allow_admin ?? [],
      keyRequired: admin.admin_key_required,
      keys: (admin.admin_key ?? []).map(({ key, role }) => ({ key, role })),
    },
    prometheus: {
      exportServer: prometheus.enable_export_server && plugins.has("prometheus"),
      listen: { ip: prometheus.export_addr.ip, port: prometheus.export_addr.port },
      uri: prometheus.export_uri,
      refreshIntervalSeconds: prometheus.refresh_interval,
      prefix: prometheus.metric_prefix,
      bucketsMs: prometheus.default_buckets ?? DEFAULT_BUCKETS_MS,
      httpStatus: metricSettings(prometheus.metrics?.http_status),
      httpLatency: metricSettings(prometheus.metrics?.http_latency),
      bandwidth: metricSettings(prometheus.metrics?.bandwidth),
    },
    plugins,
    shutdownTimeoutSeconds: seconds(config.nginx_config.worker_shutdown_timeout),
  };
}

function metricSettings(given: z.infer<typeof metric>): MetricSettings {
  const labels = (given?.extra_labels ?? []).flatMap((entry) =>
    Object.entries(entry).map(([name, variable]) => ({ name, variable: variable.replace(/^\$/, "") })),
  );
  return { expireSeconds: given?.expire ?? 0, extraLabels: labels };
}

function seconds(text: string): number {
  const match = /^(\d+)(ms|s|m|h)?$/.exec(text);
  const units: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600 };
  if (match?.[1] === undefined) {
    throw new SettingsError(`config.yaml: nginx_config.worker_shutdown_timeout: ${text} is not a time like 240s`);
  }
  return Number(match[1]) * (units[match[2] ?? "s"] ?? 1);
}

function substitute(value: unknown, env: NodeJS.ProcessEnv): unknown {
  if (typeof value === "string") {
    return substituteText(value, env);
  }
  if (Array.isArray(value)) {
    return value.map((entry) => substitute(entry, env));
  }
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, substitute(entry, env)]));
  }
  return value;
}

function substituteText(text: string, env: NodeJS.ProcessEnv): string | number | boolean {
  let replaced = false;
  const result = text.replace(/\$\{\{\s*(\w+)(?::=([^}]*?))?\s*\}\}/g, (_all, name: string, fallback?: string) => {
    const found = env[name] ?? fallback;
    if (found === undefined) {
      throw new SettingsError(`failed to handle configuration: can't find environment variable ${name}`);
    }
    replaced = true;
    return found;
  });
  if (!replaced) {
    return text;
  }
  // As the real one does: a value that came from the environment may be a number or a boolean.
  if (result === "true" || result === "false") {
    return result === "true";
  }
  return /^\d{1,15}$/.test(result) ? Number(result) : result;
}
