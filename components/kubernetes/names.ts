/** Names by which the parts of the platform find each other. */
export const gatewayNames = {
  /** Service for users, Deployment and label `app` of the gateway. */
  gateway: "apisix-gateway",
  /** Headless Service of the admin API. */
  admin: "apisix-admin",
  /** Secret with the admin key. */
  adminKeySecret: "apisix-admin-key",
  /** Its field. */
  adminKeyField: "key",
  /** Label `app` of the pods that push the gateway's configuration. */
  controller: "apisix-ingress-controller",
} as const;

/** Port of the gateway's admin API. */
export const adminPort = 9180;
