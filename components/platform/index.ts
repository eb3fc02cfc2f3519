/** Everything that releases need, composed; and what a release needs to know of it. */
export { CanaryPlatform } from "./canary-platform.js";
export type { CanaryPlatformArgs } from "./canary-platform.js";
export type { PlatformBinding } from "./binding.js";
