import { tenantHeader } from "../../settings/index.js";
import type { PrometheusAccess } from "../../settings/index.js";
import type { Exchange } from "../http/index.js";

/** Headers and trust of each query to the release's Prometheus. */
export function access(given: PrometheusAccess = {}): Pick<Exchange, "headers" | "tls"> {
  const { headers = {}, bearerToken, basicAuth, ca, tenant } = given;
  return {
    headers: {
      accept: "application/json",
      ...headers,
      ...(bearerToken === undefined ? {} : { authorization: `Bearer ${bearerToken}` }),
      ...(basicAuth === undefined ? {} : { authorization: basic(basicAuth) }),
      ...(tenant === undefined ? {} : { [tenantHeader]: tenant }),
    },
    ...(ca === undefined ? {} : { tls: { ca } }),
  };
}

function basic({ username, password }: NonNullable<PrometheusAccess["basicAuth"]>): string {
  return `Basic ${Buffer.from(`${username}:${password}`, "utf8").toString("base64")}`;
}
