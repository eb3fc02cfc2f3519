/** The ingress controller 2.2 with ADC, its definitions, class, permissions and validating webhook. */
export type { ApisixIngressControllerArgs, GatewayAdmin } from "./args.js";
export { ApisixIngressController } from "./ingress-controller.js";
