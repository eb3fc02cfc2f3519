import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

/** Addresses of the recordings and of this machine: pods at 10.244.0.N answer at 127.0.0.N. */
export const HERE = "127.0.0.";
export const THERE = "10.244.0.";
/** Ports of the pods in the recordings; nothing listens on the second one. */
export const PORTS = { answering: 9898, closed: 9797 } as const;

type Backend = "primary" | "canary";

/**
 * How many bytes the recorded application's answers had on the user's side, HTTP head included, worked out from the
 * recorded totals: a fixed part, and what it says about the request.
 */
function answerBytes(backend: Backend, method: string, url: string, bodyBytes: number): number {
  const more = backend === "primary" ? 1 : 0;
  if (url.startsWith("/status/")) {
    return 226 + 2 * more;
  }
  const about = method.length + url.length + String(bodyBytes).length;
  return url.startsWith("/delay/") ? 225 + 2 * more : 277 + 3 * more + about;
}

/** Bytes of the recorded head, for a status of 200 and a connection that stays. */
function headBytes(backend: Backend, total: number): number {
  const head = backend === "primary" ? 155 : 154;
  return total - head < 100 ? head - 1 : head;
}

/** Makes the head as long as the recorded one. */
const FILL = { Via: "abcd" } as const;

/** Starts the recorded application at an address of this machine. */
export async function startApplication(address: string, backend: Backend, port: number): Promise<Server> {
  const server = createServer((request, response) => void answer(backend, request, response));
  server.on("upgrade", acceptWebSocket);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, address, resolve);
  });
  return server;
}

async function answer(backend: Backend, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = "GET", url = "/" } = request;
  const sent = (await buffer(request)).length;
  const [, kind, value] = url.split("/");
  if (kind === "delay") {
    await sleep(Number(value) * 1000);
  }
  const total = answerBytes(backend, method, url, sent);
  const body = "x".repeat(total - headBytes(backend, total));
  const headers = { ...FILL, "X-Backend": backend, "Content-Length": body.length };
  response.writeHead(kind === "status" ? Number(value) : 200, headers);
  response.end(method === "HEAD" ? undefined : body);
}

function acceptWebSocket(request: IncomingMessage, socket: Duplex): void {
  const key = `${request.headers["sec-websocket-key"] ?? ""}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash("sha1").update(key).digest("base64");
  socket.on("error", () => undefined);
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.pipe(socket);
}
