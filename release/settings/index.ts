/** User input, parsed once at the border: one schema for types, messages and reference documentation. */
export { adoptionSettings } from "./adoption.js";
export type { AdoptionSettings } from "./adoption.js";
export { analysis, metricsOf } from "./analysis.js";
export { checkEverySeconds } from "./pace.js";
export type { AnalysisInput, AnalysisSettings } from "./analysis.js";
export { release } from "./release.js";
export type { ReleaseInput, ReleaseSettings, RollbackSettings } from "./release.js";
export type { MetricSettings, MetricTemplate, MetricTemplateInput } from "./metrics.js";
export { isAddress, matchEntry } from "./strategy.js";
export type { AffinitySettings, MatchEntry, MirrorSettings, StepSettings, ValueMatch } from "./strategy.js";
export type { AlertSettings, WebhookSettings, WebhookType } from "./webhooks.js";
export { compilesAsPcre } from "./pcre.js";
export { dnsLabel, httpUrl, metricPrefix, objectName, serviceLabel } from "./names.js";
export { prometheusAccess, tenantHeader } from "./prometheus.js";
export type { PrometheusAccess } from "./prometheus.js";
export { durationSeconds, durationText } from "./duration.js";
export { check, inOneLine, pathText } from "./problems.js";
export type { Problem } from "./problems.js";
