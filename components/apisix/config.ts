import { stringify } from "yaml";

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

export const ports = { http: 9080, admin: 9180, metrics: 9091, status: 7085 } as const;
export const metricsPath = "/apisix/prometheus/metrics";
/** Environment variable that brings the admin key into the configuration. */
export const adminKeyVariable = "APISIX_ADMIN_KEY";

export interface GatewayConfig {
  readonly metricsRefreshSeconds: number;
  readonly workerProcesses: number;
  readonly plugins: readonly string[];
  readonly shutdownTimeoutSeconds: number;
}

/** config.yaml of a gateway without etcd, whose configuration comes through the admin API. */
export function gatewayConfig(config: GatewayConfig): string {
  return stringify({
    apisix: {
      node_listen: [{ port: ports.http }],
      enable_ipv6: false,
      // Both addresses are loopback by default, where no probe and no scrape reaches them.
      status: { ip: "0.0.0.0", port: ports.status },
      enable_admin: true,
    },
    nginx_config: {
      worker_processes: config.workerProcesses,
      worker_shutdown_timeout: `${config.shutdownTimeoutSeconds}s`,
      error_log: "/dev/stderr",
      http: { access_log: "/dev/stdout" },
    },
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
    plugin_attr: {
      prometheus: {
        enable_export_server: true,
        export_uri: metricsPath,
        export_addr: { ip: "0.0.0.0", port: ports.metrics },
        metric_prefix: "apisix_",
        refresh_interval: config.metricsRefreshSeconds,
        metrics: {
          http_status: {
            // A retry hides a dead pod from the plain labels: these two show every attempt.
            extra_labels: [{ upstream_addr: "$upstream_addr" }, { upstream_status: "$upstream_status" }],
          },
        },
      },
    },
  });
}
