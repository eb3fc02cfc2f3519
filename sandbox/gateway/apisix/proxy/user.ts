// Stand-in for Apache APISIX 3.17: the user's side of a request, over HTTP/1.1 or HTTP/2.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Socket } from "node:net";

export type UserRequest = IncomingMessage | Http2ServerRequest;
export type UserResponse = ServerResponse | Http2ServerResponse;

/** Reads a request; writes its answer. */
export interface UserExchange {
  readonly request: UserRequest;
  readonly response: UserResponse;
}

function isHttp2(request: UserRequest): request is Http2ServerRequest {
  return request.httpVersionMajor === 2;
}

/** Names in lower case, `host` also where HTTP/2 says `:authority`. */
export function headersOf(request: UserRequest): IncomingHttpHeaders {
  if (!isHttp2(request)) {
    return request.headers;
  }
  const { ":authority": authority, ...headers } = request.headers;
  return authority === undefined ? headers : { ...headers, host: authority };
}

/** Flat list of the headers as they were sent, without HTTP/2's own. */
export function rawHeadersOf(request: UserRequest): readonly string[] {
  const raw = request.rawHeaders;
  const result: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? "";
    if (!name.startsWith(":")) {
      result.push(name, raw[i + 1] ?? "");
    }
  }
  return result;
}

/** Whether a body follows the headers. */
export function hasBody(request: UserRequest): boolean {
  if (isHttp2(request)) {
    return !request.stream.endAfterHeaders;
  }
  return request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined;
}

/** Writes status and headers; HTTP/2 has neither a reason nor headers about the connection. */
export function writeHead(
  { request, response }: UserExchange,
  status: number,
  reason: string | undefined,
  headers: readonly string[],
): void {
  if ("stream" in response) {
    response.writeHead(status, forHttp2(headers));
  } else if (request.httpVersion === "1.0" || reason === undefined || reason === "") {
    response.writeHead(status, [...headers]);
  } else {
    response.writeHead(status, reason, [...headers]);
  }
}

const CONNECTION_HEADERS: ReadonlySet<string> = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade"]);

function forHttp2(headers: readonly string[]): Record<string, string | string[]> {
  const result: Record<string, string | string[]> = {};
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = (headers[i] ?? "").toLowerCase();
    if (!CONNECTION_HEADERS.has(name)) {
      const value = headers[i + 1] ?? "";
      const before = result[name];
      result[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
    }
  }
  return result;
}

/** Trailers are for HTTP/2 only, where gRPC has its status in them. */
export function writeTrailers(response: UserResponse, trailers: Readonly<Record<string, string>>): void {
  if ("stream" in response && Object.keys(trailers).length > 0) {
    response.addTrailers({ ...trailers });
  }
}

/** Bytes of one connection that have gone to finished requests already. */
export interface BytesBefore {
  readonly read: number;
  readonly written: number;
}

export function bytesOf(socket: Socket): BytesBefore {
  return { read: socket.bytesRead, written: socket.bytesWritten };
}
