/** Prometheus for the gateway: annotated pods, scraped every two seconds. */
export { Prometheus } from "./prometheus.js";
export type { PrometheusArgs } from "./prometheus.js";
