// Stand-in for ADC 0.27 (image ghcr.io/api7/adc:0.27.1): `server --listen unix:/sockets/adc.sock --listen-status 3001`.
import { rmSync } from "node:fs";
import { createServer } from "node:http";
import type { Server, ServerResponse } from "node:http";
import { json as readJson } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { syncAll, validate } from "./adc/gateways.js";
import { taskSchema } from "./adc/protocol.js";
import type { Answer, Task } from "./adc/protocol.js";

interface Listen {
  readonly socket: string;
  readonly statusPort: number;
}

function parse(argv: readonly string[]): Listen {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { listen: { type: "string" }, "listen-status": { type: "string" } },
  });
  const listen = values.listen ?? "";
  if (positionals[0] !== "server" || !listen.startsWith("unix:")) {
    throw new Error("usage: adc server --listen unix:PATH --listen-status PORT");
  }
  return {
    socket: listen.slice("unix:".length).replace(/^\/\/(?=\/)/, ""),
    statusPort: Number(values["listen-status"] ?? "3001"),
  };
}

function apiServer(parallel: boolean): Server {
  return createServer((request, response) => {
    const actions: Record<string, (task: Task) => Promise<Answer>> = {
      "PUT /sync": (task) => syncAll(task, parallel),
      "PUT /validate": validate,
    };
    const action = actions[`${request.method ?? ""} ${request.url ?? ""}`];
    if (action === undefined) {
      reply(response, 404, { message: "not found" });
      return;
    }
    readJson(request)
      .then((body) => action(taskSchema.parse(body)))
      .then(
        (answer) => {
          reply(response, 200, answer);
        },
        (error: unknown) => {
          reply(response, 400, { message: error instanceof Error ? error.message : String(error) });
        },
      );
  });
}

function statusServer(): Server {
  return createServer((request, response) => {
    reply(response, request.url === "/healthz/ready" ? 200 : 404, {});
  });
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}

function main(): void {
  const { socket, statusPort } = parse(process.argv.slice(2));
  const flags = (process.env["ADC_EXPERIMENTAL_FEATURE_FLAGS"] ?? "").split(",");
  if (process.env["ADC_RUNNING_MODE"] !== "ingress") {
    throw new Error("ADC_RUNNING_MODE is not ingress: the controller needs that mode");
  }
  const parallel = flags.includes("parallel-backend-request");
  if (!parallel) {
    console.warn(
      "ADC_EXPERIMENTAL_FEATURE_FLAGS lacks parallel-backend-request: gateways are served one after the other",
    );
  }
  rmSync(socket, { force: true });
  const servers = [apiServer(parallel).listen(socket), statusServer().listen(statusPort)];
  servers.forEach((server) =>
    server.on("error", (error) => {
      console.error(error.message);
      process.exit(1);
    }),
  );
  console.log(`stand-in for ADC 0.27: listening on unix:${socket}, status on ${String(statusPort)}`);
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => process.exit(0));
  }
}

try {
  main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
