import { lookup } from "node:dns/promises";
import { ExchangeError, send } from "../http/index.js";
import type { Answer, Exchange } from "../http/index.js";
import type { ServiceAddress, ServiceProxyFetch } from "../kubernetes/index.js";
import { serviceOf } from "./in-cluster.js";

/** Sends a request to where its URL is, from inside and from outside of the cluster. */
export type ServiceAccess = (exchange: Exchange, signal: AbortSignal) => Promise<Answer>;

/** Whether a host name has an address here. */
export type Resolves = (hostname: string) => Promise<boolean>;

export interface ServiceAccessOptions {
  readonly namespace: string;
  readonly serviceProxyFetch: ServiceProxyFetch;
  readonly resolves?: Resolves;
}

type Way = "direct" | "proxy";

/** A way that works is kept; one that was only guessed is looked at again. */
const keepMs = 60_000;
const lookupMs = 1_500;
/** A Service's address that is known but not routed from here (a VPN's DNS) swallows packets. */
const connectTimeoutMs = 1_500;

/**
 * `http://svc.ns/…` works everywhere: directly where the name has an address that takes connections, else through
 * the API server's service proxy. The choice is made per host and remembered for a minute.
 */
export function createServiceAccess({
  namespace,
  serviceProxyFetch,
  resolves = resolvesHere,
}: ServiceAccessOptions): ServiceAccess {
  const ways = new Map<string, { readonly way: Promise<Way>; readonly untilMs: number }>();
  const choose = (host: string, way: Promise<Way>): Promise<Way> => {
    ways.set(host, { way, untilMs: performance.now() + keepMs });
    return way;
  };
  const wayTo = (url: URL): Promise<Way> => {
    const known = ways.get(url.host);
    if (known !== undefined && performance.now() < known.untilMs) return known.way;
    return choose(
      url.host,
      resolves(url.hostname).then((found) => (found ? "direct" : "proxy")),
    );
  };
  return async (exchange, signal) => {
    const { url } = exchange;
    const service = serviceOf(url, namespace);
    if (service === undefined) return directly(exchange, signal);
    const proxied = (): Promise<Answer> => throughProxy(serviceProxyFetch, service, exchange, signal);
    if ((await wayTo(url)) === "proxy") return proxied();
    try {
      return await directly({ connectTimeoutMs, ...exchange }, signal);
    } catch (error) {
      if (!(error instanceof ExchangeError) || error.kind !== "connect") throw error;
      const answer = await proxied().catch(() => undefined);
      if (answer === undefined) throw error;
      void choose(url.host, Promise.resolve("proxy"));
      return answer;
    }
  };
}

/** A connection that the peer had closed before it saw the request is no failure of the request. */
async function directly(exchange: Exchange, signal: AbortSignal): Promise<Answer> {
  try {
    return await send(exchange, signal);
  } catch (error) {
    if (error instanceof ExchangeError && error.kind === "stale") return send(exchange, signal);
    throw error;
  }
}

function throughProxy(
  fetch: ServiceProxyFetch,
  service: ServiceAddress,
  { url, ...exchange }: Exchange,
  signal: AbortSignal,
): Promise<Answer> {
  if (url.username !== "" || url.password !== "")
    throw new Error("a user name in the URL of an in-cluster service can't pass the API server's proxy");
  return fetch(service, `${url.pathname}${url.search}`, exchange, signal);
}

async function resolvesHere(hostname: string): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), lookupMs).unref());
  const found = lookup(hostname).then(
    () => true,
    () => false,
  );
  return Promise.race([found, late]);
}
