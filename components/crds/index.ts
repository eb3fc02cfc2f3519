/** CustomResourceDefinitions: APISIX's as far as the controller needs them, and our own. */
export { ApisixDefinitions } from "./apisix-definitions.js";
export { apisixTls } from "./apisix-tls.js";
export { createDefinition, definitionOptions } from "./definition.js";
export type { DefinitionOptions } from "./definition.js";
export { CanaryDefinitions } from "./release-definition.js";
export type { CanaryDefinitionsArgs } from "./release-definition.js";
