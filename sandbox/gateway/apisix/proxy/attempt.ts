// Stand-in for Apache APISIX 3.17: one attempt to get an answer from one upstream node.
import { Agent as HttpAgent, request as httpRequest } from "node:http";
import type { IncomingMessage, RequestOptions } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Readable } from "node:stream";
import type { Node, TimeoutsMs } from "../routing/upstream.js";

/** What to send. */
export interface Outgoing {
  readonly method: string;
  readonly path: string;
  /** Flat list of names and values. */
  readonly headers: readonly string[];
  readonly body: Buffer | undefined;
}

/** What a node answered. */
export interface Answer {
  readonly status: number;
  readonly reason: string | undefined;
  /** Flat list of names and values. */
  readonly headers: readonly string[];
  readonly body: Readable;
  /** Known at the end of the body. */
  readonly trailers: () => Readonly<Record<string, string>>;
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
  answered(answer: Answer): void;
  failed(failure: Failure): void;
}

class TimedOut extends Error {}

/** Kept-alive connections to upstreams. */
export class Connections {
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;

  constructor({ keepAlive }: { readonly keepAlive: boolean }) {
    const options = { keepAlive, maxFreeSockets: 320, scheduling: "lifo", timeout: 60_000 } as const;
    this.#http = new HttpAgent(options);
    // As nginx: certificates of upstreams are not verified.
    this.#https = new HttpsAgent({ ...options, rejectUnauthorized: false });
  }

  /** Starts an attempt; the result aborts it. */
  attempt(
    scheme: "http" | "https",
    node: Node,
    outgoing: Outgoing,
    timeouts: TimeoutsMs,
    listener: AttemptListener,
  ): () => void {
    const options: RequestOptions = {
      host: node.host,
      port: node.port,
      method: outgoing.method,
      path: outgoing.path,
      headers: outgoing.headers,
      setHost: false,
      timeout: timeouts.read,
    };
    const request =
      scheme === "http"
        ? httpRequest({ ...options, agent: this.#http })
        : httpsRequest({ ...options, agent: this.#https });
    let connected = false;
    let settled = false;
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
      listener.answered(answerOf(answer));
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
}

function answerOf(answer: IncomingMessage): Answer {
  return {
    status: answer.statusCode ?? 502,
    reason: answer.statusMessage,
    headers: answer.rawHeaders,
    body: answer,
    trailers: () => Object.fromEntries(Object.entries(answer.trailers).map(([name, value]) => [name, value ?? ""])),
  };
}
