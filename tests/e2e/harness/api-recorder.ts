/** A door to the API server that writes down what is asked, in the words of RBAC. */
import https from "node:https";
import type { AddressInfo } from "node:net";
import { KubeConfig } from "@kubernetes/client-node";
import { generate } from "selfsigned";

/** `create apps/deployments`; the core group is "". */
export type Ask = `${string} ${string}/${string}`;

const address = "127.0.0.1";

export class ApiRecorder {
  private constructor(
    /** The same account's, by way of this door. */
    readonly kubeconfig: string,
    private readonly asks: Set<Ask>,
    private readonly server: https.Server,
  ) {}

  /** In front of the kubeconfig's server; whoever asks brings credentials along. */
  static async start(kubeconfig: string): Promise<ApiRecorder> {
    const config = new KubeConfig();
    config.loadFromString(kubeconfig);
    const cluster = config.getCurrentCluster();
    if (cluster === null) throw new Error("no cluster");
    const asks = new Set<Ask>();
    const ca = Buffer.from(cluster.caData ?? "", "base64");
    const agent = new https.Agent({ ca, keepAlive: true, servername: cluster.tlsServerName });
    const target = new URL(cluster.server);
    const own = await ownCertificate();
    const server = https.createServer({ cert: own.cert, key: own.private }, (request, response) => {
      const ask = askOf(request.method ?? "", new URL(request.url ?? "/", target));
      if (ask !== undefined) asks.add(ask);
      const options = { agent, method: request.method, headers: { ...request.headers, host: target.host } };
      const forwarded = https.request(new URL(request.url ?? "/", target), options, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      forwarded.once("error", () => response.destroy());
      request.pipe(forwarded);
    });
    await new Promise<void>((resolve) => server.listen(0, address, resolve));
    const { port } = server.address() as AddressInfo;
    return new ApiRecorder(through(config, cluster.name, port, own.cert), asks, server);
  }

  get recorded(): readonly Ask[] {
    return [...this.asks].toSorted();
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Clients of the kind that Pulumi's provider is give a kubeconfig's token to nobody without TLS. */
function ownCertificate() {
  return generate([{ name: "commonName", value: address }], {
    extensions: [{ name: "subjectAltName", altNames: [{ type: 7, ip: address }] }],
  });
}

function through(config: KubeConfig, name: string, port: number, cert: string): string {
  const ca = Buffer.from(cert).toString("base64");
  const cluster = { server: `https://${address}:${port}`, "certificate-authority-data": ca };
  const whole = JSON.parse(config.exportConfig()) as { clusters: unknown };
  return JSON.stringify({ ...whole, clusters: [{ name, cluster }] });
}

const byMethod: Readonly<Record<string, readonly [named: string, all: string]>> = {
  GET: ["get", "list"],
  POST: ["create", "create"],
  PUT: ["update", "update"],
  PATCH: ["patch", "patch"],
  DELETE: ["delete", "deletecollection"],
};

/** What the authorizer is asked; nothing for discovery, which everybody may. */
function askOf(method: string, { pathname, searchParams }: URL): Ask | undefined {
  const parts = pathname.split("/").filter((part) => part !== "");
  const root = parts.shift();
  const group = root === "apis" ? parts.shift() : root === "api" ? "" : undefined;
  parts.shift();
  const isWithin = parts[0] === "namespaces" && parts.length > 2;
  const [resource, name, subresource] = isWithin ? parts.slice(2) : parts;
  const verbs = byMethod[method];
  if (group === undefined || resource === undefined || verbs === undefined) return undefined;
  const verb = searchParams.get("watch") === "true" ? "watch" : verbs[name === undefined ? 1 : 0];
  return `${verb} ${group}/${subresource === undefined ? resource : `${resource}/${subresource}`}`;
}
