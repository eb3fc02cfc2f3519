// Stand-in for ADC 0.27: the server on the unix socket.
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { json as readJson } from "node:stream/consumers";
import { lint } from "./lint.js";
import { inputSchema } from "./protocol.js";
import type { Standalone } from "./standalone.js";

/** Makes the server; the caller lets it listen. */
export function adcServer(standalone: Standalone): Server {
  return createServer((request, response) => {
    void handle(request, response, standalone).catch((error: unknown) => {
      reply(response, 500, { success: false, message: String(error), errors: [] });
    });
  });
}

async function handle(request: IncomingMessage, response: ServerResponse, standalone: Standalone): Promise<void> {
  const action = `${request.method ?? ""} ${request.url ?? ""}`;
  if (action !== "PUT /sync" && action !== "PUT /validate") {
    reply(response, 404, { message: "not found" });
    return;
  }
  const input = inputSchema.safeParse(await readJson(request));
  const problem = input.error ?? lint(input.data.task.config);
  if (!input.success || problem !== undefined) {
    const errors = problem?.issues ?? [];
    reply(response, 400, { success: false, message: JSON.stringify(errors, undefined, 2), errors });
    return;
  }
  if (action === "PUT /sync") {
    reply(response, 202, await standalone.sync(input.data.task));
  } else {
    reply(response, 200, { source: "validate", ...(await standalone.validate(input.data.task)) });
  }
}

export function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}
