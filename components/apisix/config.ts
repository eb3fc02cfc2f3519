import { stringify } from "yaml";
import { adminPort } from "../kubernetes/index.js";
import type { MetricMemory } from "./metric-memory.js";
import { httpSnippet, methodClass } from "./nginx.js";
import { joinedAttributes } from "./plugin-attributes.js";
import type { PluginAttributes } from "./plugin-attributes.js";

/** Plugins that are on: what a release uses and what routes commonly need. One unknown name in a route freezes every push. */
export const defaultPlugins: readonly string[] = [
  "real-ip",
  "client-control",
  "request-id",
  "cors",
  "ip-restriction",
  "ua-restriction",
  "referer-restriction",
  "uri-blocker",
  "request-validation",
  "authz-keycloak",
  "openid-connect",
  "basic-auth",
  "jwt-auth",
  "key-auth",
  "consumer-restriction",
  "forward-auth",
  "proxy-cache",
  "proxy-mirror",
  "proxy-rewrite",
  "api-breaker",
  "limit-conn",
  "limit-count",
  "limit-req",
  "gzip",
  "traffic-split",
  "redirect",
  "response-rewrite",
  "fault-injection",
  "prometheus",
  "http-logger",
];

export const ports = { http: 9080, https: 9443, admin: adminPort, metrics: 9091, status: 7085 } as const;
export const metricsPath = "/apisix/prometheus/metrics";
/** Environment variable that brings the admin key into the configuration. */
export const adminKeyVariable = "APISIX_ADMIN_KEY";

export interface GatewayConfig {
  readonly metricsRefreshSeconds: number;
  readonly metricsExpireSeconds: number;
  readonly metricMemory: MetricMemory;
  /** Ascending, ms. */
  readonly latencyBuckets: readonly number[];
  readonly workerProcesses: number;
  readonly plugins: readonly string[];
  readonly pluginAttr: PluginAttributes;
  readonly httpSnippet: string | undefined;
  readonly serverSnippet: string | undefined;
  readonly shutdownTimeoutSeconds: number;
  /** Port at which users reach https: where plugins send them to. */
  readonly publicHttpsPort: number;
}

/** config.yaml of a gateway without etcd, whose configuration comes through the admin API. */
export function gatewayConfig(config: GatewayConfig): string {
  const document = {
    apisix: {
      node_listen: [{ port: ports.http }],
      ssl: { enable: true, listen: [{ port: ports.https }] },
      enable_ipv6: false,
      // Both addresses are loopback by default, where no probe and no scrape reaches them.
      status: { ip: "0.0.0.0", port: ports.status },
      enable_admin: true,
    },
    nginx_config: nginxConfig(config),
    deployment: {
      role: "traditional",
      role_traditional: { config_provider: "yaml" },
      admin: {
        enable_admin_ui: false,
        admin_key_required: true,
        admin_key: [{ name: "admin", key: `\${{${adminKeyVariable}}}`, role: "admin" }],
        // Who may come is the NetworkPolicy's business; with which key, the Secret's.
        allow_admin: ["0.0.0.0/0"],
        admin_listen: { ip: "0.0.0.0", port: ports.admin },
      },
    },
    plugins: [...config.plugins],
    plugin_attr: joinedAttributes(pluginAttributes(config), config.pluginAttr),
  };
  // APISIX's parser knows no anchors.
  return stringify(document, { aliasDuplicateObjects: false });
}

function nginxConfig(config: GatewayConfig): Record<string, unknown> {
  const { dictionaryMiB, textMiB } = config.metricMemory;
  const counters = { "prometheus-metrics": `${dictionaryMiB}m` };
  return {
    worker_processes: config.workerProcesses,
    worker_shutdown_timeout: `${config.shutdownTimeoutSeconds}s`,
    error_log: "/dev/stderr",
    // The counters are in the http part, and in the meta part where the plugin is on for streams too.
    meta: { lua_shared_dict: { ...counters, "prometheus-cache": `${textMiB}m` } },
    http: { access_log: "/dev/stdout", lua_shared_dict: counters },
    http_configuration_snippet: httpSnippet(config.httpSnippet),
    ...(config.serverSnippet === undefined ? {} : { http_server_configuration_snippet: config.serverSnippet }),
  };
}

function pluginAttributes(config: GatewayConfig): PluginAttributes {
  const byMethod = { [methodClass]: `$${methodClass}` };
  const expire = config.metricsExpireSeconds;
  return {
    // Else its Location names the pod's own port.
    redirect: { https_port: config.publicHttpsPort },
    prometheus: {
      enable_export_server: true,
      export_uri: metricsPath,
      export_addr: { ip: "0.0.0.0", port: ports.metrics },
      metric_prefix: "apisix_",
      refresh_interval: config.metricsRefreshSeconds,
      default_buckets: [...config.latencyBuckets],
      metrics: {
        http_status: {
          expire,
          // A retry hides a dead pod from the plain labels: these two show every attempt.
          extra_labels: [{ upstream_addr: "$upstream_addr" }, { upstream_status: "$upstream_status" }, byMethod],
        },
        http_latency: { expire, extra_labels: [byMethod] },
        bandwidth: { expire },
      },
    },
  };
}
