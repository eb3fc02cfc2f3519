import type { z } from "zod";
import { fieldManager } from "../../model/index.js";
import { TransientError } from "../../ports/index.js";
import { ExchangeError, send } from "../http/index.js";
import type { Answer, Exchange } from "../http/index.js";
import type { Call } from "./call.js";
import { describe, pathOf } from "./call.js";
import type { Access } from "./credentials.js";
import { ConflictError, errorOf, NotFoundError } from "./errors.js";

const methods = { get: "GET", list: "GET", create: "POST", update: "PUT", patch: "PATCH", delete: "DELETE" } as const;
const patchTypes = { merge: "application/merge-patch+json", json: "application/json-patch+json" } as const;

/** Of one request; the run loops try again by themselves. */
const timeoutMs = 5_000;
/** A list of many pods is large, an endless answer is larger. */
const maxBytes = 32 * 1024 * 1024;

/**
 * Requests to one API server. The credentials come from the client library; the requests do not, since its
 * generated API opens a new connection for each of them and has no time limit.
 */
export class ApiServer {
  private readonly access: () => Promise<Access>;

  constructor(access: () => Promise<Access>) {
    this.access = access;
  }

  /** Reads an object or a list; undefined where it does not exist. */
  async find<T>(call: Call, schema: z.ZodType<T>, signal: AbortSignal): Promise<T | undefined> {
    try {
      return await this.do(call, schema, signal);
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }

  /**
   * Performs the call and parses the answer.
   * @throws TransientError, NotFoundError, ConflictError, or an Error of one line.
   */
  async do<T>(call: Call, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    const answer = await this.exchange(call, signal);
    if (answer.status < 200 || answer.status > 299) throw errorOf(call, answer.status, answer.body);
    const parsed = schema.safeParse(json(answer.body, call));
    if (parsed.success) return parsed.data;
    const at = parsed.error.issues[0]?.path.map(String).join(".") ?? "";
    throw new Error(`${describe(call)} is not as expected${at === "" ? "" : ` at ${at}`}`);
  }

  /** Performs a write; false where the object was changed in between or a tested value was another. */
  async tryWrite(call: Call, schema: z.ZodType, signal: AbortSignal): Promise<boolean> {
    try {
      await this.do(call, schema, signal);
      return true;
    } catch (error) {
      if (error instanceof ConflictError) return false;
      throw error;
    }
  }

  /** Any path of the API server, for its service proxy. The caller reads the status. */
  async raw(path: string, exchange: Omit<Exchange, "url">, signal: AbortSignal): Promise<Answer> {
    const { server, headers, tls, agent } = await this.access();
    const url = new URL(`${server.pathname.replace(/\/$/, "")}${path}`, server);
    const asked = { ...exchange, url, tls, headers: { ...exchange.headers, ...headers } };
    const request = agent === undefined ? asked : { ...asked, agent };
    try {
      return await send(request, signal);
    } catch (error) {
      if (error instanceof ExchangeError && error.kind === "stale") return send(request, signal);
      throw error;
    }
  }

  private async exchange(call: Call, signal: AbortSignal): Promise<Answer> {
    const headers = {
      accept: "application/json",
      ...(call.body === undefined ? {} : { "content-type": contentType(call) }),
    };
    const body = call.body === undefined ? {} : { body: JSON.stringify(call.body) };
    try {
      const exchange = { method: methods[call.verb], headers, ...body, timeoutMs, maxBytes };
      return await this.raw(pathOf(call, fieldManager), exchange, signal);
    } catch (error) {
      if (!(error instanceof ExchangeError)) throw error;
      if (error.kind === "untrusted")
        throw new Error(
          `the API server can't be used: ${error.message}; check certificate-authority in the kubeconfig`,
          { cause: error },
        );
      throw new TransientError(`the API server is away: ${error.message}`);
    }
  }
}

function contentType(call: Call): string {
  return call.patch === undefined ? "application/json" : patchTypes[call.patch];
}

function json(body: string, call: Call): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new TransientError(`the API server's answer about ${describe(call)} is not JSON`);
  }
}
