import { z } from "zod";
import { httpHeaders } from "./names.js";

/** A credential: nothing of it is ever in a message of ours. */
const credential = z
  .string()
  .min(1, "must not be empty")
  .regex(/^[\x20-\x7e\x80-\xff]*$/, "must be one line without control characters");

const headerValue = z.string().regex(/^[\x21-\x7e]+$/, "must be one line without spaces");

/** How a Prometheus is asked that does not answer everybody. All of it is secret. */
export const prometheusAccess = z
  .strictObject({
    headers: httpHeaders.optional().meta({ description: "Sent with each query." }),
    bearerToken: credential.optional().meta({ description: "Sent as Authorization: Bearer." }),
    basicAuth: z
      .strictObject({
        username: z
          .string()
          .regex(/^[^:\p{Cc}]*$/u, "must be one line without a colon")
          .meta({ description: "Without a colon." }),
        password: credential.meta({ description: "Kept secret." }),
      })
      .optional()
      .meta({ description: "Sent as Authorization: Basic." }),
    ca: z
      .string()
      .regex(/-----BEGIN CERTIFICATE-----/, "must be a certificate in PEM")
      .optional()
      .meta({ description: "Authority that its certificate is checked against, PEM. Default: the system's." }),
    tenant: headerValue.optional().meta({ description: "Sent as X-Scope-OrgID, as Mimir, Cortex and Thanos take it." }),
  })
  .superRefine(({ headers = {}, bearerToken, basicAuth, tenant }, context) => {
    const issue = (path: string, message: string): void => context.addIssue({ code: "custom", path: [path], message });
    const names = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
    if (bearerToken !== undefined && basicAuth !== undefined)
      issue("basicAuth", "give bearerToken or basicAuth, not both");
    if (names.has("authorization") && (bearerToken ?? basicAuth) !== undefined)
      issue("headers", "holds Authorization beside bearerToken or basicAuth");
    if (names.has(tenantHeader) && tenant !== undefined) issue("headers", "holds X-Scope-OrgID beside tenant");
  });

/** In lower case. */
export const tenantHeader = "x-scope-orgid";

export type PrometheusAccess = z.output<typeof prometheusAccess>;
