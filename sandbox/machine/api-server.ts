import { readFileSync } from "node:fs";
import net from "node:net";
import { join } from "../cluster/service-proxy.js";
import { defaultName, runningMachine, stateFolder } from "./state.js";

export interface ApiServerOutside {
  /** For clients on this machine that are not inside. */
  readonly kubeconfig: string;
  readonly port: number;
  stop(): void;
}

/** The sandbox's API server on a port of this machine's loopback, as a cluster elsewhere is reached. */
export async function showApiServer(name = defaultName): Promise<ApiServerOutside> {
  if (runningMachine(name) === undefined) throw new Error(`sandbox ${name} is not running: npm run sandbox -- up`);
  const { apiServer, kubeconfig } = stateFolder(name);
  const server = net.createServer((client) => join(client, net.connect(apiServer)));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const text = readFileSync(kubeconfig, "utf8").replace(/https:\/\/127\.0\.0\.1:\d+/g, `https://127.0.0.1:${port}`);
  return { kubeconfig: text, port, stop: () => server.close() };
}
