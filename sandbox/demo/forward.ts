import net from "node:net";
import { CoreV1Api, DiscoveryV1Api, PortForward } from "@kubernetes/client-node";
import type { KubeConfig, V1EndpointSlice } from "@kubernetes/client-node";

export interface ServicePort {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
}

export interface Forward {
  /** On this machine's loopback. */
  readonly port: number;
  stop(): void;
}

interface Target {
  readonly pod: string;
  readonly port: number;
}

/** So old may be what is known of a Service's pods. */
const freshMs = 1_000;

/**
 * A Service as a port of this machine, for who is outside of the cluster: each connection goes through the API server to
 * one of the Service's ready pods, in turn. It is cut off where there is none.
 */
export async function forwardService(config: KubeConfig, service: ServicePort): Promise<Forward> {
  const targets = new Targets(config, service);
  const forward = new PortForward(config);
  const open = new Set<net.Socket>();
  const server = net.createServer({ pauseOnConnect: true }, (socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => socket.destroy());
    join(socket).catch(() => socket.destroy());
  });
  const join = async (socket: net.Socket): Promise<void> => {
    const target = await targets.next();
    if (target === undefined) throw new Error("no ready pod");
    const channel = await forward.portForward(service.namespace, target.pod, [target.port], socket, null, socket);
    if (typeof channel === "function") return;
    channel.onclose = () => socket.end();
    socket.on("close", () => channel.close());
    socket.resume();
  };
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    stop: () => {
      server.close();
      open.forEach((socket) => socket.destroy());
    },
  };
}

/** The ready pods behind a Service. */
class Targets {
  private readonly core: CoreV1Api;
  private readonly discovery: DiscoveryV1Api;
  private known: readonly Target[] = [];
  private knownAtMs = -Infinity;
  private turn = 0;

  constructor(
    config: KubeConfig,
    private readonly wanted: ServicePort,
  ) {
    this.core = config.makeApiClient(CoreV1Api);
    this.discovery = config.makeApiClient(DiscoveryV1Api);
  }

  async next(): Promise<Target | undefined> {
    if (performance.now() - this.knownAtMs > freshMs) {
      this.known = await this.look();
      this.knownAtMs = performance.now();
    }
    this.turn += 1;
    return this.known[this.turn % Math.max(1, this.known.length)];
  }

  private async look(): Promise<readonly Target[]> {
    const { namespace, service: name, port } = this.wanted;
    const service = await this.core.readNamespacedService({ namespace, name });
    const portName = service.spec?.ports?.find((each) => each.port === port)?.name ?? "";
    const labelSelector = `kubernetes.io/service-name=${name}`;
    const slices = await this.discovery.listNamespacedEndpointSlice({ namespace, labelSelector });
    return slices.items.flatMap((slice) => targetsOf(slice, portName));
  }
}

function targetsOf({ endpoints = [], ports }: V1EndpointSlice, portName: string): readonly Target[] {
  const port = ports?.find(({ name }) => (name ?? "") === portName)?.port;
  if (port === undefined) return [];
  return endpoints
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ targetRef }) => (targetRef?.name === undefined ? [] : [{ pod: targetRef.name, port }]));
}
