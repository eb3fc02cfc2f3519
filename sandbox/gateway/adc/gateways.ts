// Stand-in for ADC 0.27: talks to the admin APIs of gateways.
import { Agent, request as httpRequest, STATUS_CODES } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { text as readText } from "node:stream/consumers";

/** ADC sets no limit of its own to a gateway's answer; its connections end after so long without a byte. */
const IDLE_MS = 100_000;
const agent = new Agent({ keepAlive: true, maxSockets: 256, maxFreeSockets: 16, timeout: IDLE_MS });

/** What a gateway answered. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** The gateway's answer was an error, or there was none. */
export class GatewayError extends Error {
  override readonly name = "AxiosError";

  constructor(
    message: string,
    readonly answer: Answer | undefined,
  ) {
    super(message);
  }
}

/** What is asked of a gateway. */
export interface Question {
  readonly method: "HEAD" | "GET" | "PUT" | "POST";
  readonly server: string;
  readonly path: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Asks once. Throws GatewayError with ADC's wording, also for an error status. */
export async function ask(question: Question): Promise<Answer> {
  const first = await askOnce(question);
  // A kept-alive connection to a gateway that has restarted meanwhile fails once; the second try opens a new one.
  const answer = first === "stale" ? await askOnce(question) : first;
  if (answer === "stale") {
    throw new GatewayError("socket hang up", undefined);
  }
  if (answer.status < 200 || answer.status >= 300) {
    throw new GatewayError(errorMessage(question, answer), answer);
  }
  return answer;
}

function askOnce({ method, server, path, token, headers, body }: Question): Promise<Answer | "stale"> {
  return new Promise((resolve, reject) => {
    const payload = body === undefined ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
    const request = httpRequest(`${server}${path}`, {
      method,
      agent,
      headers: {
        ...(token === undefined ? {} : { "X-API-KEY": token }),
        "Content-Type": "application/json",
        ...payload,
        ...headers,
      },
    });
    request.on("timeout", () => request.destroy(new Error(`socket idle for ${String(IDLE_MS)}ms`)));
    request.on("response", (response) => {
      readText(response).then(
        (text) => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
        },
        (error: unknown) => {
          reject(new GatewayError(error instanceof Error ? error.message : String(error), undefined));
        },
      );
    });
    request.on("error", (error) => {
      if (request.reusedSocket && "code" in error && error.code === "ECONNRESET") {
        resolve("stale");
      } else {
        reject(new GatewayError(error.message, undefined));
      }
    });
    request.end(body);
  });
}

function errorMessage({ method, server, path }: Question, { status, body }: Answer): string {
  const said = errorMsg(body);
  const what = said === undefined ? (body === "" ? [] : [`response body: ${body}`]) : [`error_msg: ${said}`];
  const head = `${method} ${server}${path}, responded with status ${String(status)} ${STATUS_CODES[status] ?? ""}`;
  return [head.trim(), ...what].join(", ");
}

/** The gateway's own words. */
export function errorMsg(body: string): string | undefined {
  const parsed = parseObject(body);
  const said = parsed?.["error_msg"];
  return typeof said === "string" ? said : undefined;
}

/** A JSON object; undefined for anything else. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
