/** Everything that releases need, made or bound. */
export type { CanaryPlatformArgs } from "./args.js";
export { CanaryPlatform } from "./canary-platform.js";
export { ExistingPlatform } from "./existing-platform.js";
export type { ExistingGateway, ExistingPlatformArgs } from "./existing-platform.js";
export type { ExternalPrometheus } from "./external-prometheus.js";
export type { PlatformBinding } from "../platform-binding/index.js";
