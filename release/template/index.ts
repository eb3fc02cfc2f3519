/** The pod template of each role, made of the program's or of a live one: pure. */
export { isOwnLabel, replacedLabel, selectorFor, templateFor } from "./template.js";
export { roleKeysText, withoutRoleKeys } from "./role-metadata.js";
export type { PlainTemplate } from "./template.js";
export { namesIn } from "./references.js";
export type { ConfigurationKind, Rename } from "./references.js";
export { isTree, mapParts } from "./tree.js";
export type { Lazily } from "./tree.js";
