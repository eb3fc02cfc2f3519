// Stand-in for kube-proxy: a userspace TCP proxy on every Service address, following the EndpointSlices.
import net from "node:net";
import type { ServiceEntry, ServicePort } from "./directory.js";

interface Listener {
  readonly server: net.Server;
  endpoints: ServicePort["endpoints"];
  next: number;
}

export class ServiceProxy {
  private readonly listeners = new Map<string, Listener>();

  /** Brings the listeners of one Service to what it says now; `undefined`: it is gone. */
  update(namespace: string, name: string, entry: ServiceEntry | undefined): void {
    const prefix = `${namespace}/${name}/`;
    const wanted = new Map<string, { readonly ip: string; readonly port: ServicePort }>();
    if (entry !== undefined && /^\d/.test(entry.clusterIp)) {
      // A Service without ready endpoints refuses connections, so nothing listens for it.
      for (const port of entry.ports.filter(({ endpoints }) => endpoints.length > 0))
        wanted.set(`${prefix}${entry.clusterIp}:${port.port}`, { ip: entry.clusterIp, port });
    }
    for (const [key, listener] of this.listeners) {
      if (!key.startsWith(prefix) || wanted.has(key)) continue;
      listener.server.close();
      this.listeners.delete(key);
    }
    for (const [key, { ip, port }] of wanted) this.listen(key, ip, port);
  }

  private listen(key: string, ip: string, { port, endpoints }: ServicePort): void {
    const existing = this.listeners.get(key);
    if (existing !== undefined) {
      existing.endpoints = endpoints;
      return;
    }
    const listener: Listener = { server: net.createServer({ allowHalfOpen: true }), endpoints, next: 0 };
    listener.server.on("connection", (client) => forward(client, pick(listener)));
    listener.server.on("error", () => this.listeners.delete(key));
    listener.server.listen(port, ip);
    this.listeners.set(key, listener);
  }
}

function pick(listener: Listener): ServicePort["endpoints"][number] | undefined {
  listener.next += 1;
  return listener.endpoints[listener.next % Math.max(1, listener.endpoints.length)];
}

function forward(client: net.Socket, endpoint: ServicePort["endpoints"][number] | undefined): void {
  if (endpoint === undefined) {
    client.destroy();
    return;
  }
  join(client, net.connect({ host: endpoint.address, port: endpoint.port, noDelay: true, allowHalfOpen: true }));
}

/** Passes on what either side says until both are done: one may be done with sending and still wait for the answer. */
export function join(client: net.Socket, upstream: net.Socket): void {
  client.setNoDelay(true);
  const end = (): void => {
    client.destroy();
    upstream.destroy();
  };
  client.on("error", end);
  upstream.on("error", end);
  client.on("close", () => upstream.destroy());
  // What came from there has still to be written here.
  upstream.on("close", () => client.destroySoon());
  client.pipe(upstream).pipe(client);
}
