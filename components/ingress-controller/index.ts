/** The ingress controller 2.2 with ADC, its definitions, class, permissions and validating webhook. */
export { ApisixIngressController } from "./ingress-controller.js";
export type { ApisixIngressControllerArgs } from "./ingress-controller.js";
