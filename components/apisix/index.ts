/** The gateway: Apache APISIX in API-driven standalone mode. */
export { Apisix } from "./apisix.js";
export type { ApisixArgs, GatewayAutoscaler, GatewayServiceOptions } from "./args.js";
export { defaultLatencyBuckets } from "./buckets.js";
export { defaultPlugins } from "./config.js";
export { gatewayNames } from "../kubernetes/index.js";
