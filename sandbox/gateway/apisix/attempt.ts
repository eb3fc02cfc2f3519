// Stand-in for Apache APISIX 3.17: one attempt to get an answer from one upstream node.
import { request as httpRequest } from "node:http";
import type { Agent, IncomingMessage } from "node:http";
import type { Node, TimeoutsMs } from "./upstream.js";

/** What to send. */
export interface Outgoing {
  readonly method: string;
  readonly path: string;
  /** Flat list of names and values. */
  readonly headers: readonly string[];
  readonly body: Buffer | undefined;
}

/** How an attempt failed before an answer came. */
export interface Failure {
  readonly status: 502 | 504;
  /** The node may have seen the request, so only requests that are safe to repeat may go elsewhere. */
  readonly sent: boolean;
  /** A kept-alive connection had been closed by the node meanwhile: try again without counting it. */
  readonly stale: boolean;
}

/** Gets one of the two, once. */
export interface AttemptListener {
  answered(answer: IncomingMessage): void;
  failed(failure: Failure): void;
}

class TimedOut extends Error {}

/** Starts an attempt; the result aborts it. */
export function startAttempt(
  agent: Agent,
  node: Node,
  outgoing: Outgoing,
  timeouts: TimeoutsMs,
  listener: AttemptListener,
): () => void {
  let connected = false;
  let settled = false;
  const request = httpRequest({
    agent,
    host: node.host,
    port: node.port,
    method: outgoing.method,
    path: outgoing.path,
    headers: outgoing.headers,
    setHost: false,
    timeout: timeouts.read,
  });
  request.on("socket", (socket) => {
    if (!socket.connecting) {
      connected = true;
      return;
    }
    const timer = setTimeout(() => request.destroy(new TimedOut()), timeouts.connect);
    socket.once("connect", () => {
      connected = true;
      clearTimeout(timer);
    });
    socket.once("close", () => {
      clearTimeout(timer);
    });
  });
  request.on("timeout", () => request.destroy(new TimedOut()));
  request.on("response", (answer) => {
    settled = true;
    listener.answered(answer);
  });
  request.on("error", (error) => {
    if (!settled) {
      settled = true;
      const timedOut = error instanceof TimedOut;
      const stale = request.reusedSocket && !timedOut;
      listener.failed({ status: timedOut ? 504 : 502, sent: connected, stale });
    }
  });
  request.end(outgoing.body);
  return () => {
    settled = true;
    request.destroy();
  };
}
