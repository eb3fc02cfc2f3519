/** Metrics in Prometheus' text format, without the default ones of a process. */
export { Gauge, Registry } from "prom-client";
