/** The gateway: Apache APISIX in API-driven standalone mode. */
export { Apisix, gatewayNames } from "./apisix.js";
export type { ApisixArgs } from "./apisix.js";
export { defaultPlugins } from "./config.js";
