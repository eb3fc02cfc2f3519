import { stringify } from "yaml";

export const controllerName = "apisix.apache.org/apisix-ingress-controller";
export const webhookPort = 9443;
export const certificateFolder = "/certs";
export const socket = "/sockets/adc.sock";

export interface ControllerConfig {
  readonly syncPeriod: string;
  readonly adcTimeout: string;
  readonly webhook: boolean;
}

/** config.yaml of the ingress controller. */
export function controllerConfig({ syncPeriod, adcTimeout, webhook }: ControllerConfig): string {
  return stringify({
    log_level: "info",
    controller_name: controllerName,
    leader_election_id: "apisix-ingress-gateway-leader",
    // The default lets a killed controller's Lease block the next one for half a minute.
    leader_election: { lease_duration: "10s", renew_deadline: "7s", retry_period: "2s", disable: false },
    metrics_addr: ":8080",
    probe_addr: ":8081",
    enable_http2: false,
    // One gateway that drops packets holds every push for so long.
    exec_adc_timeout: adcTimeout,
    // A gateway that restarts without an event has no configuration until the next period (1h by default).
    provider: { type: "apisix-standalone", sync_period: syncPeriod, init_sync_delay: "1s" },
    disable_gateway_api: true,
    webhook: {
      enable: webhook,
      tls_cert_file: "tls.crt",
      tls_key_file: "tls.key",
      tls_cert_dir: certificateFolder,
      port: webhookPort,
    },
  });
}
