// Stand-in for Apache APISIX 3.17: sends a request to its upstream, and again elsewhere where that helps.
import { PassThrough } from "node:stream";
import type { Node } from "../routing/upstream.js";
import { pickNode } from "../routing/upstream.js";
import type { Forward } from "./access.js";
import type { Answer, Connections, Failure } from "./attempt.js";
import type { Attempt, Exchange } from "./exchange.js";
import { nowMs } from "./exchange.js";
import type { GrpcConnections } from "./grpc.js";
import { upstreamHeaders } from "./headers.js";

/** Methods that may be repeated on another node after the first one has seen the request. */
const REPEATABLE: ReadonlySet<string> = new Set(["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"]);

/** Gets one of the two, once. */
export interface ForwardListener {
  answered(answer: Answer, attempt: Attempt): void;
  failed(status: 502 | 504): void;
}

/** Connections to upstreams of all schemes. */
export interface UpstreamConnections {
  readonly http: Connections;
  readonly grpc: GrpcConnections;
}

/** One request on its way through the nodes of an upstream. */
export class Forwarding {
  readonly #exchange: Exchange;
  readonly #forward: Forward;
  readonly #body: Buffer | undefined;
  readonly #connections: UpstreamConnections;
  readonly #listener: ForwardListener;
  readonly #tried = new Set<Node>();
  #retriesLeft: number;

  constructor(
    exchange: Exchange,
    forward: Forward,
    body: Buffer | undefined,
    connections: UpstreamConnections,
    listener: ForwardListener,
  ) {
    this.#exchange = exchange;
    this.#forward = forward;
    this.#body = body;
    this.#connections = connections;
    this.#listener = listener;
    this.#retriesLeft = forward.upstream.retries;
  }

  start(): void {
    this.#try(this.#forward.node);
  }

  #try(node: Node): void {
    const { upstream } = this.#forward;
    const attempt: Attempt = { node, startedMs: nowMs(), endedMs: undefined, status: undefined };
    this.#exchange.attempts.push(attempt);
    const listener = {
      answered: (answer: Answer) => {
        attempt.status = answer.status;
        this.#exchange.source = "upstream";
        this.#listener.answered(answer, attempt);
      },
      failed: (failure: Failure) => {
        this.#next(attempt, failure);
      },
    };
    const outgoing = {
      method: this.#exchange.method,
      path: this.#exchange.upstreamUri ?? this.#exchange.request.url ?? "/",
      headers: upstreamHeaders(this.#exchange, upstream.host, node, this.#body),
    };
    const { http, grpc } = this.#connections;
    const { scheme, timeouts } = upstream;
    this.#exchange.abort =
      scheme === "http" || scheme === "https"
        ? http.attempt(scheme, node, { ...outgoing, body: this.#body }, timeouts, listener)
        : grpc.attempt(scheme, node, outgoing, this.#streamedBody(), timeouts, listener);
  }

  /** A body that is read already, or else the user's own as it comes. */
  #streamedBody(): PassThrough {
    const stream = new PassThrough();
    if (this.#body === undefined) {
      this.#exchange.request.pipe(stream);
    } else {
      stream.end(this.#body);
    }
    return stream;
  }

  #next(attempt: Attempt, failure: Failure): void {
    attempt.endedMs = nowMs();
    attempt.status = failure.status;
    const { upstream } = this.#forward;
    const repeatable = !failure.sent || REPEATABLE.has(this.#exchange.method);
    if (failure.stale && repeatable) {
      // A kept-alive connection that the node had closed is no failure of the node.
      this.#exchange.attempts.pop();
      this.#try(attempt.node);
      return;
    }
    this.#tried.add(attempt.node);
    const another =
      this.#retriesLeft > 0 && repeatable ? pickNode(upstream, this.#exchange.worker, this.#tried) : undefined;
    this.#retriesLeft -= 1;
    if (another !== undefined) {
      this.#try(another);
      return;
    }
    this.#exchange.source = "nginx";
    this.#listener.failed(failure.status);
  }
}
