/** CustomResourceDefinitions: APISIX's as far as the controller needs them, and our own. */
export { ApisixDefinitions } from "./apisix-definitions.js";
export { ReleaseDefinition } from "./release-definition.js";
