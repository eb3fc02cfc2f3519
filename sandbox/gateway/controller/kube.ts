// Stand-in for the APISIX ingress controller 2.2: talks to the API server with the pod's service account.
import { readFileSync } from "node:fs";
import { Agent, request as httpsRequest } from "node:https";
import type { IncomingMessage } from "node:http";
import { text as readText } from "node:stream/consumers";

const ACCOUNT_DIR = "/var/run/secrets/kubernetes.io/serviceaccount";
const TOKEN_TTL_MS = 30_000;

/** The API server answered with an error status. */
export class KubeError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Where the API server is and who we are. */
export interface KubeAccess {
  readonly host: string;
  readonly port: number;
  readonly ca: string;
  /** The bearer token; read anew now and then, as tokens rotate. */
  readonly token: () => string;
}

/** Access from inside a pod. Throws when the pod has no service account. */
export function inCluster(env: NodeJS.ProcessEnv): KubeAccess {
  const directory = env["SERVICE_ACCOUNT_DIR"] ?? ACCOUNT_DIR;
  const host = env["KUBERNETES_SERVICE_HOST"];
  if (host === undefined) {
    throw new Error("unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST must be defined");
  }
  let cached = { token: "", until: 0 };
  const token = (): string => {
    if (cached.until < Date.now()) {
      cached = { token: readFileSync(`${directory}/token`, "utf8").trim(), until: Date.now() + TOKEN_TTL_MS };
    }
    return cached.token;
  };
  token();
  return {
    host,
    port: Number(env["KUBERNETES_SERVICE_PORT"] ?? "443"),
    ca: readFileSync(`${directory}/ca.crt`, "utf8"),
    token,
  };
}

/** What the controller asks of the API server. */
export interface KubeApi {
  /** Throws KubeError for an error status, and any other error when the server can't be reached. */
  json(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Opens a watch; each line of the text is one event. Throws like `json`. */
  stream(path: string): Promise<AsyncIterable<unknown>>;
}

/** A small client: JSON in, JSON out, and streams for watches. */
export class KubeClient implements KubeApi {
  readonly #access: KubeAccess;
  readonly #agent: Agent;

  constructor(access: KubeAccess) {
    this.#access = access;
    this.#agent = new Agent({ keepAlive: true, ca: access.ca });
  }

  async json(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await this.#open(method, path, body);
    const answer = await readText(response);
    const status = response.statusCode ?? 0;
    if (status >= 400) {
      throw new KubeError(status, problem(answer, status));
    }
    return answer === "" ? undefined : JSON.parse(answer);
  }

  async stream(path: string): Promise<AsyncIterable<unknown>> {
    const response = await this.#open("GET", path, undefined);
    const status = response.statusCode ?? 0;
    if (status >= 400) {
      throw new KubeError(status, problem(await readText(response), status));
    }
    return response.setEncoding("utf8");
  }

  #open(method: string, path: string, body: unknown): Promise<IncomingMessage> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const request = httpsRequest({
        agent: this.#agent,
        host: this.#access.host,
        port: this.#access.port,
        method,
        path,
        headers: {
          Accept: "application/json",
          Authorization: `Bearer ${this.#access.token()}`,
          ...(payload === undefined
            ? {}
            : { "Content-Type": "application/json", "Content-Length": String(Buffer.byteLength(payload)) }),
        },
      });
      request.on("response", resolve);
      request.on("error", reject);
      request.end(payload);
    });
  }
}

function problem(answer: string, status: number): string {
  try {
    const parsed: unknown = JSON.parse(answer);
    if (typeof parsed === "object" && parsed !== null && "message" in parsed && typeof parsed.message === "string") {
      return parsed.message;
    }
  } catch {
    // Not JSON: the plain text below says as much as there is.
  }
  return `${String(status)} ${answer.slice(0, 200)}`;
}
