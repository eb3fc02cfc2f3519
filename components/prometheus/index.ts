/** Prometheus for the gateway: annotated pods, scraped every two seconds. */
export type { PrometheusArgs, ScrapeLimits } from "./args.js";
export { Prometheus } from "./prometheus.js";
