// Stand-in for Apache APISIX 3.17: reads the gateway's config.yaml.
import { parse as parseYaml } from "yaml";
import type { z } from "zod";
import { CACHE, otherDictionaries } from "../metrics/dictionaries.js";
import type { DictionarySize } from "../metrics/dictionaries.js";
import { DEFAULT_PLUGINS } from "../plugins/names.js";
import { substitute } from "./environment.js";
import { SettingsError } from "./error.js";
import { bytes, isOn, seconds, variableMaps } from "./nginx.js";
import type { VariableMap } from "./nginx.js";
import { configSchema } from "./schema.js";
import type { metricSchema } from "./schema.js";

export { SettingsError } from "./error.js";

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

/** How users' requests are served. */
export interface ProxySettings {
  /** Variables made by `map` blocks of the http snippet. */
  readonly maps: readonly VariableMap[];
  /** Requests go on to their end when their user has gone. */
  readonly ignoreClientAbort: boolean;
  /** Each worker has round robins of its own. */
  readonly workers: number;
  /** Peers that may name another address of the user, and the header they do it in. */
  readonly realIp: { readonly from: readonly string[]; readonly header: string };
  /** Seconds. */
  readonly mirrorTimeout: { readonly connect: number; readonly send: number; readonly read: number };
  /** Put into the Location of a redirect to https; undefined leaves it out. */
  readonly redirectPort: number | undefined;
}

/** Everything of config.yaml that the stand-in acts on. */
export interface GatewaySettings {
  readonly proxyListen: readonly ListenAddress[];
  /** Empty when `apisix.ssl.enable` is false. */
  readonly tlsListen: readonly ListenAddress[];
  readonly proxy: ProxySettings;
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
    /** Size of the dictionary that the counters are in. */
    readonly dictionaryBytes: number;
    /** Size of the dictionary that the text of the page is in. */
    readonly cacheBytes: number;
    readonly otherDictionaries: readonly DictionarySize[];
  };
  /** Names of the plugins that are switched on. */
  readonly plugins: ReadonlySet<string>;
  readonly shutdownTimeoutSeconds: number;
}

type Parsed = z.infer<typeof configSchema>;

/**
 * Reads config.yaml. `env` fills `${{NAME}}` and `${{NAME:=default}}`.
 * Throws SettingsError for a file that the real gateway would not start from.
 */
export function readSettings(text: string, env: NodeJS.ProcessEnv): GatewaySettings {
  const substituted = substitute(parseYaml(text) ?? {}, env);
  const result = configSchema.safeParse(substituted);
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
  const plugins = new Set(config.plugins ?? DEFAULT_PLUGINS);
  const listen = config.apisix.node_listen;
  const { ssl } = config.apisix;
  return {
    proxyListen: (typeof listen === "number" ? [listen] : listen).map((entry) =>
      typeof entry === "number" ? { ip: "0.0.0.0", port: entry } : { ip: entry.ip, port: entry.port },
    ),
    tlsListen: ssl.enable ? ssl.listen.map(({ ip, port }) => ({ ip, port })) : [],
    proxy: proxySettings(config),
    status: { ip: config.apisix.status.ip, port: config.apisix.status.port },
    admin: {
      listen: { ip: admin.admin_listen.ip, port: admin.admin_listen.port },
      allow: admin.allow_admin ?? [],
      keyRequired: admin.admin_key_required,
      // A key that has become a number is nobody's key: what clients send is text.
      keys: (admin.admin_key ?? []).map(({ key, role }) => ({ key: typeof key === "string" ? key : NOBODY, role })),
    },
    prometheus: prometheusSettings(config, plugins),
    plugins,
    shutdownTimeoutSeconds: seconds(
      config.nginx_config.worker_shutdown_timeout,
      "nginx_config.worker_shutdown_timeout",
    ),
  };
}

/** No header value can be this. */
const NOBODY = "\n";

function proxySettings(config: Parsed): ProxySettings {
  const { nginx_config, plugin_attr, apisix } = config;
  const mirror = plugin_attr["proxy-mirror"].timeout;
  const mirrorTime = (key: "connect" | "send" | "read"): number =>
    seconds(mirror[key], `plugin_attr.proxy-mirror.timeout.${key}`);
  const httpsPort = plugin_attr.redirect.https_port ?? (apisix.ssl.enable ? apisix.ssl.listen[0]?.port : undefined);
  return {
    maps: variableMaps(nginx_config.http_configuration_snippet),
    ignoreClientAbort: isOn(nginx_config.http_server_configuration_snippet, "proxy_ignore_client_abort"),
    workers: typeof nginx_config.worker_processes === "number" ? nginx_config.worker_processes : 1,
    realIp: { from: nginx_config.http.real_ip_from.filter((entry) => entry !== "unix:"), header: "x-real-ip" },
    mirrorTimeout: { connect: mirrorTime("connect"), send: mirrorTime("send"), read: mirrorTime("read") },
    redirectPort: httpsPort === 443 ? undefined : httpsPort,
  };
}

function prometheusSettings(config: Parsed, plugins: ReadonlySet<string>): GatewaySettings["prometheus"] {
  const { prometheus } = config.plugin_attr;
  const { meta, http } = config.nginx_config;
  // The size under `meta` counts only where streams are measured, too.
  const inMeta = config.stream_plugins?.includes("prometheus") === true;
  const [path, sizes] = inMeta ? (["meta", meta] as const) : (["http", http] as const);
  const sizeOf = (section: string, dictionary: string, size: string | number): number =>
    bytes(size, `nginx_config.${section}.lua_shared_dict.${dictionary}`);
  const cacheBytes = sizeOf("meta", CACHE, meta.lua_shared_dict[CACHE] ?? "10m");
  return {
    exportServer: prometheus.enable_export_server && plugins.has("prometheus"),
    listen: { ip: prometheus.export_addr.ip, port: prometheus.export_addr.port },
    uri: prometheus.export_uri,
    refreshIntervalSeconds: prometheus.refresh_interval,
    prefix: prometheus.metric_prefix,
    bucketsMs: prometheus.default_buckets ?? DEFAULT_BUCKETS_MS,
    httpStatus: metricSettings(prometheus.metrics?.http_status),
    httpLatency: metricSettings(prometheus.metrics?.http_latency),
    bandwidth: metricSettings(prometheus.metrics?.bandwidth),
    dictionaryBytes: sizeOf(path, "prometheus-metrics", sizes.lua_shared_dict["prometheus-metrics"] ?? "10m"),
    cacheBytes,
    otherDictionaries: otherDictionaries(plugins, cacheBytes),
  };
}

function metricSettings(given: z.infer<typeof metricSchema>): MetricSettings {
  const labels = (given?.extra_labels ?? []).flatMap((entry) =>
    Object.entries(entry).map(([name, variable]) => ({ name, variable: variable.replace(/^\$/, "") })),
  );
  return { expireSeconds: given?.expire ?? 0, extraLabels: labels };
}
