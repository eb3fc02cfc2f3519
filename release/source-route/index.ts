/**
 * Somebody else's ApisixRoute, and what becomes of it where a release splits its own part: pure, values in and values
 * out.
 */
export { cloneRules, pluginConfigKey } from "./clone.js";
export type { Clone, HttpRule, PluginConfigs, Splitting } from "./clone.js";
export { pluginConfig, sourceRoute, sourceUpstream } from "./source.js";
export type { SourcePlugin, SourceRoute } from "./source.js";
export { carriedUpstream } from "./upstream.js";
