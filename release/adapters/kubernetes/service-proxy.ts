import * as z from "zod";
import { quote } from "../http/index.js";
import type { Answer, Exchange } from "../http/index.js";
import type { ApiServer } from "./api-server.js";

/** A Service of the cluster, as a URL outside of it names it. */
export interface ServiceAddress {
  readonly scheme: "http" | "https";
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
}

/** Sends a request to a Service through the API server; `path` holds the query. */
export type ServiceProxyFetch = (
  address: ServiceAddress,
  path: string,
  exchange: Omit<Exchange, "url">,
  signal: AbortSignal,
) => Promise<Answer>;

const ownAnswer = z.object({ kind: z.literal("Status"), apiVersion: z.literal("v1"), message: z.string().default("") });

/**
 * The API server's service proxy. It takes the caller's own Authorization for itself, so such a header can't reach
 * the Service.
 * @throws Error in one line where the proxy itself refuses (no such Service, no permission).
 */
export function createServiceProxy(api: ApiServer): ServiceProxyFetch {
  return async ({ scheme, namespace, service, port }, path, exchange, signal) => {
    if (Object.keys(exchange.headers ?? {}).some((name) => name.toLowerCase() === "authorization"))
      throw new Error(
        `service ${service}.${namespace} can only be reached through the API server, which an Authorization header can't pass`,
      );
    const name = encodeURIComponent(`${scheme}:${service}:${port}`);
    const root = `/api/v1/namespaces/${encodeURIComponent(namespace)}/services/${name}/proxy`;
    const answer = await api.raw(`${root}${path}`, exchange, signal);
    const refusal = answer.status >= 400 ? refusalOf(answer.body) : undefined;
    if (refusal === undefined) return answer;
    if (answer.status === 403 && refusal.includes(" cannot "))
      throw new Error(notAllowed(namespace, service, exchange));
    throw new Error(`the API server's proxy to service ${service}.${namespace} answers ${answer.status}: ${refusal}`);
  };
}

function notAllowed(namespace: string, service: string, { method }: Omit<Exchange, "url">): string {
  const verb = method === "GET" ? "get" : "create";
  return `not allowed to reach service ${service}.${namespace} through the API server: give this user the RBAC verb "${verb}" on services/proxy in namespace ${namespace}`;
}

function refusalOf(body: string): string | undefined {
  try {
    const parsed = ownAnswer.safeParse(JSON.parse(body));
    return parsed.success ? quote(parsed.data.message) : undefined;
  } catch {
    return undefined;
  }
}
