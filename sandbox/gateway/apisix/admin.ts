// Stand-in for Apache APISIX 3.17: the admin API of API-driven standalone mode on port 9180.
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { isIPv6 } from "node:net";
import { text as readText } from "node:stream/consumers";
import { cidrList, plainAddress } from "./addresses.js";
import { RefusedConfig } from "./check.js";
import type { ConfigStore } from "./config-store.js";
import { SERVER } from "./headers.js";
import type { GatewaySettings } from "./settings.js";

const CONFIGS = "/apisix/admin/configs";

/** Makes the server; the caller lets it listen. */
export function adminServer(settings: GatewaySettings["admin"], store: ConfigStore): Server {
  const allowed = settings.allow.length === 0 ? undefined : cidrList(settings.allow);
  return createServer((request, response) => {
    const address = plainAddress(request.socket.remoteAddress);
    if (allowed !== undefined && !allowed.check(address, isIPv6(address) ? "ipv6" : "ipv4")) {
      reply(response, 403, { error_msg: `${address} is not in deployment.admin.allow_admin` });
      return;
    }
    const refused = keyProblem(request, settings);
    if (refused !== undefined) {
      reply(response, 401, { description: refused, error_msg: "failed to check token" });
      return;
    }
    void handle(request, response, store).catch((error: unknown) => {
      reply(response, 400, {
        error_msg: `invalid request body: ${error instanceof Error ? error.message : "unreadable"}`,
      });
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
  const path = (request.url ?? "").split("?")[0];
  if (path === CONFIGS && (request.method === "GET" || request.method === "HEAD")) {
    const headers: Record<string, string> = {};
    if (store.digest !== undefined && store.modifiedAt !== undefined) {
      headers["X-Digest"] = store.digest;
      headers["X-Last-Modified"] = store.modifiedAt;
    }
    reply(response, 200, request.method === "HEAD" ? undefined : store.shown(), headers);
    return;
  }
  if (path === CONFIGS && request.method === "PUT") {
    const digest = request.headers["x-digest"];
    if (typeof digest !== "string") {
      reply(response, 400, { error_msg: "missing digest header" });
      return;
    }
    const body = await readJson(request);
    withRefusal(response, () => {
      reply(response, store.push(body, digest) === "stored" ? 202 : 204, undefined);
    });
    return;
  }
  if (path === `${CONFIGS}/validate` && request.method === "POST") {
    const body = await readJson(request);
    withRefusal(response, () => {
      store.validate(body);
      reply(response, 200, {});
    });
    return;
  }
  reply(response, 404, { error_msg: "404 Route Not Found" });
}

function withRefusal(response: ServerResponse, action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof RefusedConfig)) {
      throw error;
    }
    console.error(`refused configuration: ${error.message}`);
    reply(response, 400, { error_msg: error.message });
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const body = await readText(request);
  if (body === "") {
    throw new Error("empty request body");
  }
  return JSON.parse(body);
}

function reply(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "Content-Type": "application/json", Server: SERVER, ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
