// Stand-in for a kubelet: port forwarding over a WebSocket, as clients speak it that are no kubectl (which uses SPDY).
import net from "node:net";
import type { RawData, WebSocket } from "ws";

/** Each message begins with the number of its channel: for each port one for data and one for errors. */
export const portForwardProtocol = "v4.channel.k8s.io";

const mostBuffered = 1 << 20;

/** Ports of the request, in its order. */
export function portsOf(query: URLSearchParams): readonly number[] {
  return query
    .getAll("port")
    .flatMap((each) => each.split(","))
    .map(Number)
    .filter((port) => Number.isInteger(port) && port > 0 && port < 65_536);
}

/**
 * Joins the client to the pod's ports. A real kubelet connects from within the pod, so that it also reaches what listens
 * on the pod's loopback alone; this one connects to the pod's address.
 */
export function forwardPort(client: WebSocket, ip: string, ports: readonly number[]): void {
  const connections = ports.map((port, index) => connected(client, ip, port, 2 * index));
  client.on("message", (data) => {
    const message = bufferOf(data);
    const channel = message[0] ?? 0;
    if (channel % 2 === 0) connections[channel / 2]?.write(message.subarray(1));
  });
  const end = (): void => connections.forEach((connection) => connection.destroy());
  client.on("close", end);
  client.on("error", end);
}

function connected(client: WebSocket, ip: string, port: number, channel: number): net.Socket {
  const send = (to: number, data: Buffer): void => {
    if (client.readyState !== client.OPEN) return;
    client.send(Buffer.concat([Buffer.from([to]), data]), () => connection.resume());
    if (client.bufferedAmount > mostBuffered) connection.pause();
  };
  const announcement = Buffer.alloc(2);
  announcement.writeUInt16LE(port);
  const connection = net.connect({ host: ip, port, noDelay: true });
  send(channel, announcement);
  send(channel + 1, announcement);
  connection.on("data", (data) => send(channel, data));
  connection.on("error", (error) => send(channel + 1, Buffer.from(`error forwarding port ${port}: ${error.message}`)));
  connection.on("close", () => client.close());
  return connection;
}

function bufferOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
