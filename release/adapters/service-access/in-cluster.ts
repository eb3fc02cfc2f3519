import type { ServiceAddress } from "../kubernetes/index.js";

const label = "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?";
const serviceName = new RegExp(`^(${label})(?:\\.(${label})(?:\\.svc(?:\\.cluster\\.local)?)?)?\\.?$`);

/**
 * Which Service a URL may mean: `http://svc.ns/`, `http://svc.ns.svc:9090`, `http://svc.ns.svc.cluster.local`, or
 * `http://svc/` for one of the release's own namespace. `example.com` looks the same; who asks must try the name first.
 */
export function serviceOf(url: URL, ownNamespace: string): ServiceAddress | undefined {
  const match = serviceName.exec(url.hostname);
  const service = match?.[1];
  if (service === undefined || service === "localhost" || /^\d+$/.test(service)) return undefined;
  const secure = url.protocol === "https:";
  const port = url.port === "" ? (secure ? 443 : 80) : Number(url.port);
  return { scheme: secure ? "https" : "http", namespace: match?.[2] ?? ownNamespace, service, port };
}
