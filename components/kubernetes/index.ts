/** Pieces of manifests that several components share. */
export { contentConfigMap, contentHash } from "./content.js";
export { labelsOf, restrictedContainer, restrictedPod, scrapeAnnotations } from "./manifests.js";
export { createPodMonitor, podMonitor } from "./monitors.js";
export type { PodMonitorOptions } from "./monitors.js";
export { adminPort, gatewayNames } from "./names.js";
export { imageOf, inRegistry, overNodes, placed, podMetadata, podOptionsShape, withDefaults } from "./pod-options.js";
export type { DisruptionBudget, PodOptions } from "./pod-options.js";
export { createDisruptionBudget } from "./replicas.js";
export { exposed, serviceOptionsShape } from "./services.js";
export type { ServiceOptions } from "./services.js";
