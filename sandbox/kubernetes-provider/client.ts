// Part of the sandbox's stand-in of the Pulumi engine's `kubernetes` resource-provider plugin.
import http from "node:http";
import https from "node:https";
import type { KubeConfig } from "@kubernetes/client-node";
import { listAt, numberAt, textAt, toObject } from "./values.js";
import type { Value, ValueObject } from "./values.js";

/** The API server's answer when it isn't a success. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly body: ValueObject,
  ) {
    super(message);
  }

  /** Fields with the managers that own them, for a conflict of server-side apply. */
  get conflicts(): readonly { readonly field: string; readonly manager: string }[] {
    return listAt(this.body, "details", "causes")
      .filter((cause) => textAt(cause, "reason") === "FieldManagerConflict")
      .map((cause) => ({
        field: textAt(cause, "field") ?? "?",
        manager: /conflict with "([^"]*)"/.exec(textAt(cause, "message") ?? "")?.[1] ?? "?",
      }));
  }
}

/** No API server answered. */
export class UnreachableError extends Error {}

export interface RequestOptions {
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Value;
  readonly contentType?: string;
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
interface Answer {
  readonly status: number;
  readonly text: string;
}

const requestTimeoutSeconds = 60;

/** JSON over HTTPS to one cluster, connections kept alive. */
export class ApiClient {
  private agent: http.Agent | undefined;

  /** `failure` says why there is no kubeconfig to use. */
  constructor(
    private readonly kubeConfig: KubeConfig | undefined,
    private readonly failure = "no kubeconfig",
  ) {}

  /** @throws ApiError, UnreachableError */
  async request(method: Method, path: string, options: RequestOptions = {}): Promise<ValueObject> {
    const answer = await this.send(method, path, options);
    const body = parsed(answer.text);
    if (answer.status >= 200 && answer.status < 300) return body;
    const message = textAt(body, "message") ?? `${method} ${path}: HTTP ${answer.status}`;
    throw new ApiError(message, numberAt(body, "code") ?? answer.status, body);
  }

  /** The object, or nothing when the API server has none. */
  async find(path: string): Promise<ValueObject | undefined> {
    try {
      return await this.request("GET", path);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  private async send(method: Method, path: string, options: RequestOptions): Promise<Answer> {
    const server = this.kubeConfig?.getCurrentCluster()?.server;
    if (this.kubeConfig === undefined || server === undefined) throw unreachable(this.failure);
    const url = new URL(server.replace(/\/$/, "") + path);
    for (const [name, value] of Object.entries(options.query ?? {})) url.searchParams.set(name, value);
    try {
      return await this.exchange(this.kubeConfig, url, method, options);
    } catch (error) {
      throw unreachable(error instanceof Error ? error.message || error.name : String(error));
    }
  }

  private async exchange(config: KubeConfig, url: URL, method: Method, options: RequestOptions): Promise<Answer> {
    const request: https.RequestOptions = { method, headers: {}, timeout: requestTimeoutSeconds * 1000 };
    await config.applyToHTTPSOptions(request);
    const text = options.body === undefined ? undefined : JSON.stringify(options.body);
    const headers = {
      ...request.headers,
      Accept: "application/json",
      ...(text === undefined
        ? {}
        : { "Content-Type": options.contentType ?? "application/json", "Content-Length": Buffer.byteLength(text) }),
    };
    this.agent ??= keepAliveAgent(url, request);
    return await exchange(url, { ...request, headers, agent: this.agent }, text);
  }
}

function keepAliveAgent(url: URL, request: https.RequestOptions): http.Agent {
  const options = { keepAlive: true, maxSockets: 32 };
  if (url.protocol === "http:") return new http.Agent(options);
  const made = request.agent instanceof https.Agent ? request.agent.options : {};
  return new https.Agent({ ...made, ...options });
}

function exchange(url: URL, options: https.RequestOptions, text: string | undefined): Promise<Answer> {
  const send = url.protocol === "http:" ? http.request : https.request;
  return new Promise((resolve, reject) => {
    const request = send(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
      );
    });
    request.on("timeout", () => request.destroy(new Error(`no answer within ${requestTimeoutSeconds} s`)));
    // The server may close a kept connection just when it is used again: nothing was sent then.
    request.on("error", (error: NodeJS.ErrnoException) =>
      request.reusedSocket && error.code === "ECONNRESET" ? resolve(exchange(url, options, text)) : reject(error),
    );
    request.end(text);
  });
}

function parsed(text: string): ValueObject {
  try {
    return toObject(JSON.parse(text));
  } catch {
    return { message: text.trim().slice(0, 500) };
  }
}

function unreachable(reason: string): UnreachableError {
  return new UnreachableError(`configured Kubernetes cluster is unreachable: ${reason}`);
}
