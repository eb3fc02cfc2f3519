// Stand-in for ADC 0.27 (image ghcr.io/api7/adc:0.27.1): `server --listen unix:/sockets/adc.sock --listen-status 3001`.
import { rmSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import { parseArgs } from "node:util";
import { adcServer, reply } from "./adc/server.js";
import { Standalone } from "./adc/standalone.js";

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

function statusServer(): Server {
  return createServer((request, response) => {
    reply(response, request.url === "/healthz/ready" ? 200 : 404, {});
  });
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
  const servers = [adcServer(new Standalone(parallel)).listen(socket), statusServer().listen(statusPort)];
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
