import http from "node:http";
import https from "node:https";
import type { SecureContextOptions } from "node:tls";
import { ExchangeError, isUntrusted, reasonOf } from "./errors.js";

/** TLS material of one peer, as node:https takes it. */
export type TlsOptions = SecureContextOptions & {
  readonly rejectUnauthorized?: boolean | undefined;
  readonly servername?: string | undefined;
};

/** One HTTP request and the limits under which its answer is read. */
export interface Exchange {
  readonly url: URL;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Of the whole exchange, the last byte of the answer included. */
  readonly timeoutMs: number;
  /** Of the connection alone. Default: `timeoutMs`. */
  readonly connectTimeoutMs?: number;
  readonly maxBytes: number;
  /** What to do with an answer above `maxBytes`: an error, or the part that fits. Default: error. */
  readonly whenTooLarge?: "fail" | "cut";
  readonly tls?: TlsOptions;
  readonly agent?: http.Agent;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

const plainAgent = new http.Agent({ keepAlive: true });
const tlsAgent = new https.Agent({ keepAlive: true });

/**
 * Sends one request; never follows a redirect, never reads more than `maxBytes`, never takes longer than `timeoutMs`.
 * @throws ExchangeError in one line without the URL, or the signal's reason.
 */
export function send(exchange: Exchange, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(asError(signal.reason));
      return;
    }
    const request = open(exchange);
    const onAbort = (): void => void request.destroy(asError(signal.reason));
    const timers = startTimers(request, exchange);
    const finish = (): void => {
      timers.forEach(clearTimeout);
      signal.removeEventListener("abort", onAbort);
    };
    const fail = (error: unknown): void => {
      finish();
      reject(signal.aborted ? asError(signal.reason) : describe(error, request));
    };
    signal.addEventListener("abort", onAbort, { once: true });
    request.on("error", fail);
    request.on("response", (response) => {
      response.on("error", fail);
      collect(response, exchange, request)
        .then((answer) => {
          finish();
          resolve(answer);
        })
        .catch(fail);
    });
    request.end(exchange.body);
  });
}

function open(exchange: Exchange): http.ClientRequest {
  const secure = exchange.url.protocol === "https:";
  const headers = {
    "accept-encoding": "identity",
    ...exchange.headers,
    ...(exchange.body === undefined ? {} : { "content-length": String(Buffer.byteLength(exchange.body)) }),
  };
  const common = { method: exchange.method, headers };
  return secure
    ? https.request(exchange.url, { agent: tlsAgent, ...common, ...exchange.tls, ...agentOf(exchange) })
    : http.request(exchange.url, { agent: plainAgent, ...common, ...agentOf(exchange) });
}

function agentOf(exchange: Exchange): { agent?: http.Agent } {
  return exchange.agent === undefined ? {} : { agent: exchange.agent };
}

function startTimers(request: http.ClientRequest, exchange: Exchange): NodeJS.Timeout[] {
  const whole = setTimeout(() => {
    request.destroy(new ExchangeError("timeout", `no answer within ${exchange.timeoutMs / 1000} s`));
  }, exchange.timeoutMs);
  if (exchange.connectTimeoutMs === undefined) return [whole];
  const connect = setTimeout(() => {
    if (request.socket === null || request.socket.connecting)
      request.destroy(new ExchangeError("connect", "no connection in time"));
  }, exchange.connectTimeoutMs);
  return [whole, connect];
}

async function collect(
  response: http.IncomingMessage,
  exchange: Exchange,
  request: http.ClientRequest,
): Promise<Answer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    const buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    chunks.push(buffer);
    bytes += buffer.length;
    if (bytes <= exchange.maxBytes) continue;
    request.destroy();
    if (exchange.whenTooLarge !== "cut")
      throw new ExchangeError("tooLarge", `the answer is larger than ${exchange.maxBytes} bytes`);
    break;
  }
  const body = Buffer.concat(chunks).subarray(0, exchange.maxBytes).toString("utf8");
  return { status: response.statusCode ?? 0, body };
}

function describe(error: unknown, request: http.ClientRequest): ExchangeError {
  if (error instanceof ExchangeError) return error;
  const neverConnected = request.socket === null || request.socket.connecting || !request.headersSent;
  const { code, text } = reasonOf(error);
  if (isUntrusted(code)) return new ExchangeError("untrusted", text);
  const refused = code === "ECONNREFUSED" || code === "ENOTFOUND" || code === "EAI_AGAIN";
  if (refused || (neverConnected && !request.reusedSocket)) return new ExchangeError("connect", text);
  return new ExchangeError(request.reusedSocket && code === "ECONNRESET" ? "stale" : "broken", text);
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error("aborted");
}
