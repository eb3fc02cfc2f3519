// Stand-in for Apache APISIX 3.17: attempts on upstreams of scheme grpc, which speak HTTP/2.
import { connect, constants } from "node:http2";
import type { ClientHttp2Session, IncomingHttpHeaders } from "node:http2";
import type { Readable } from "node:stream";
import type { Node, TimeoutsMs } from "../routing/upstream.js";
import type { AttemptListener, Outgoing } from "./attempt.js";

const { HTTP2_HEADER_METHOD, HTTP2_HEADER_PATH, HTTP2_HEADER_AUTHORITY } = constants;

/** Open sessions by address. */
export class GrpcConnections {
  readonly #sessions = new Map<string, ClientHttp2Session>();

  /** Starts an attempt. The body goes on as it comes, so that streams work; the result aborts the attempt. */
  attempt(
    scheme: "grpc" | "grpcs",
    node: Node,
    outgoing: Omit<Outgoing, "body">,
    body: Readable | undefined,
    timeouts: TimeoutsMs,
    listener: AttemptListener,
  ): () => void {
    const session = this.#session(scheme, node);
    let settled = false;
    const fail = (status: 502 | 504): void => {
      if (!settled) {
        settled = true;
        listener.failed({ status, sent: !session.connecting, stale: false });
      }
    };
    const connectTimer = setTimeout(
      () => {
        if (session.connecting) {
          fail(504);
          session.destroy();
        }
      },
      Math.max(1, timeouts.connect),
    );
    const stream = session.request(toHttp2(outgoing), { endStream: body === undefined });
    let trailers: IncomingHttpHeaders = {};
    stream.setTimeout(timeouts.read, () => {
      fail(504);
      stream.close(constants.NGHTTP2_CANCEL);
    });
    stream.on("response", (headers) => {
      settled = true;
      listener.answered({
        status: Number(headers[":status"] ?? 502),
        reason: undefined,
        headers: flat(headers),
        body: stream,
        trailers: () => plain(trailers),
      });
    });
    stream.on("trailers", (received: IncomingHttpHeaders) => (trailers = received));
    stream.on("error", () => {
      fail(502);
    });
    stream.on("close", () => {
      clearTimeout(connectTimer);
      fail(502);
    });
    body?.pipe(stream);
    return () => {
      settled = true;
      stream.close(constants.NGHTTP2_CANCEL);
    };
  }

  #session(scheme: "grpc" | "grpcs", node: Node): ClientHttp2Session {
    const key = `${scheme}://${node.host}:${String(node.port)}`;
    const known = this.#sessions.get(key);
    if (known !== undefined && !known.closed && !known.destroyed) {
      return known;
    }
    const address = `${scheme === "grpc" ? "http" : "https"}://${node.host}:${String(node.port)}`;
    const session = connect(address, { rejectUnauthorized: false });
    session.on("error", () => undefined);
    session.on("close", () => {
      if (this.#sessions.get(key) === session) {
        this.#sessions.delete(key);
      }
    });
    session.unref();
    this.#sessions.set(key, session);
    return session;
  }
}

function toHttp2({ method, path, headers }: Omit<Outgoing, "body">): Record<string, string> {
  const result: Record<string, string> = { [HTTP2_HEADER_METHOD]: method, [HTTP2_HEADER_PATH]: path };
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = (headers[i] ?? "").toLowerCase();
    const value = headers[i + 1] ?? "";
    if (name === "host") {
      result[HTTP2_HEADER_AUTHORITY] = value;
    } else if (name !== "content-length") {
      result[name] = value;
    }
  }
  return { ...result, te: "trailers" };
}

function plain(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith(":") || value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]],
    ),
  );
}

function flat(headers: IncomingHttpHeaders): string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    name.startsWith(":") || value === undefined ? [] : [value].flat().flatMap((one) => [name, one]),
  );
}
