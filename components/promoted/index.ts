/** What another stack has promoted: written by its `CanaryRelease.promoted`, read by `promotedTag` and `promotedBy`. */
export { asPromoted } from "./release.js";
export type { PromotedRelease, PromotedVerdict } from "./release.js";
export { promotedBy, promotedTag } from "./reader.js";
export type { PromotedOptions, Stack } from "./reader.js";
