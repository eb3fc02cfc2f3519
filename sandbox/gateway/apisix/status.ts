// Stand-in for Apache APISIX 3.17: the status API on port 7085.
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { ConfigStore } from "./admin/config-store.js";

/** `/status` is about the process, `/status/ready` about a received configuration. */
export function statusServer(store: ConfigStore): Server {
  return createServer((request, response) => {
    const json = { "Content-Type": "application/json" };
    if (request.url === "/status") {
      response.writeHead(200, json).end('{"status":"ok"}');
    } else if (request.url !== "/status/ready") {
      response.writeHead(404, json).end('{"error_msg":"404 Route Not Found"}');
    } else if (store.applied) {
      response.writeHead(200, json).end('{"status":"ok"}');
    } else {
      response.writeHead(503, json).end('{"error":"worker id: 0 has not received configuration","status":"error"}');
    }
  });
}
