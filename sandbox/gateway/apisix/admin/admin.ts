// Stand-in for Apache APISIX 3.17: the admin API of API-driven standalone mode on port 9180.
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { isIPv6 } from "node:net";
import { text as readText } from "node:stream/consumers";
import type { GatewaySettings } from "../config/settings.js";
import { SERVER } from "../proxy/pages.js";
import { cidrList, plainAddress } from "../routing/addresses.js";
import { RefusedConfig } from "./check.js";
import type { ConfigStore } from "./config-store.js";

const ADMIN = "/apisix/admin";
const CONFIGS = `${ADMIN}/configs`;
/** A configuration to validate may be so large; one to put into force has no limit. */
const LARGEST_VALIDATION_BYTES = 1.5 * 1024 * 1024;

/** Makes the server; the caller lets it listen. */
export function adminServer(settings: GatewaySettings["admin"], store: ConfigStore): Server {
  const allowed = settings.allow.length === 0 ? undefined : cidrList(settings.allow);
  return createServer((request, response) => {
    const address = plainAddress(request.socket.remoteAddress);
    if (allowed !== undefined && !allowed.check(address, isIPv6(address) ? "ipv6" : "ipv4")) {
      reply(response, 403, { error_msg: `${address} is not in deployment.admin.allow_admin` });
      return;
    }
    if (request.method === "HEAD" && request.url === ADMIN) {
      // Anybody may ask: the Server header tells the version.
      reply(response, 200, undefined);
      return;
    }
    const refused = keyProblem(request, settings);
    if (refused !== undefined) {
      reply(response, 401, { description: refused, error_msg: "failed to check token" });
      return;
    }
    void handle(request, response, store).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : "unreadable";
      reply(response, 400, { error_msg: error instanceof RefusedConfig ? why : `invalid request body: ${why}` });
    });
  });
}

function keyProblem(request: IncomingMessage, settings: GatewaySettings["admin"]): string | undefined {
  if (!settings.keyRequired) {
    return undefined;
  }
  const given = request.headers["x-api-key"];
  if (given === undefined) {
    return "missing apikey";
  }
  const role = settings.keys.find(({ key }) => key === given)?.role;
  if (role === undefined) {
    return "wrong apikey";
  }
  return role === "viewer" && request.method !== "GET" ? "invalid method for role viewer" : undefined;
}

async function handle(request: IncomingMessage, response: ServerResponse, store: ConfigStore): Promise<void> {
  const path = (request.url ?? "").split("?")[0] ?? "";
  switch (`${request.method ?? ""} ${path}`) {
    case `GET ${CONFIGS}`:
      reply(response, 200, store.shown(), metadata(store));
      return;
    case `HEAD ${CONFIGS}`:
      reply(response, 200, undefined, metadata(store));
      return;
    case `PUT ${CONFIGS}`:
      await put(request, response, store);
      return;
    case `POST ${CONFIGS}/validate`: {
      const errors = store.validate(await readJson(request, LARGEST_VALIDATION_BYTES));
      if (errors.length === 0) {
        reply(response, 200, {});
      } else {
        reply(response, 400, { error_msg: "Configuration validation failed", errors });
      }
      return;
    }
    default:
      reply(response, 404, { error_msg: "404 Route Not Found" });
  }
}

async function put(request: IncomingMessage, response: ServerResponse, store: ConfigStore): Promise<void> {
  const digest = request.headers["x-digest"];
  if (typeof digest !== "string") {
    reply(response, 400, { error_msg: "missing digest header" });
    return;
  }
  const body = await readJson(request, Infinity);
  try {
    if (store.push(body, digest) === "unchanged") {
      reply(response, 204, undefined);
    } else {
      reply(response, 202, undefined, metadata(store));
    }
  } catch (error) {
    if (error instanceof RefusedConfig) {
      console.error(`refused configuration: ${error.message}`);
    }
    throw error;
  }
}

function metadata(store: ConfigStore): Record<string, string> {
  const { digest, modifiedAt } = store;
  return digest === undefined || modifiedAt === undefined ? {} : { "X-Digest": digest, "X-Last-Modified": modifiedAt };
}

async function readJson(request: IncomingMessage, largestBytes: number): Promise<unknown> {
  const body = await readText(request);
  if (body === "") {
    throw new Error("empty request body");
  }
  if (body.length > largestBytes) {
    throw new Error(
      `request size ${String(body.length)} is greater than the maximum size ${String(largestBytes)} allowed`,
    );
  }
  return JSON.parse(body);
}

function reply(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "Content-Type": "application/json", Server: SERVER, ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
