/** Names by which the parts of the platform find each other. */
export const gatewayNames = {
  gateway: "apisix-gateway",
  admin: "apisix-admin",
  adminKeySecret: "apisix-admin-key",
  adminKeyField: "key",
  /** Label `app` of the pods that push the gateway's configuration. */
  controller: "apisix-ingress-controller",
} as const;

/** Port of the gateway's admin API. */
export const adminPort = 9180;
