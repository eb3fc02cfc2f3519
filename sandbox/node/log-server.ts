// Stand-in for a kubelet: serves the containers' logs to the API server, for `kubectl logs`.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import https from "node:https";
import path from "node:path";
import { CoreV1Api } from "@kubernetes/client-node";
import type { KubeConfig } from "@kubernetes/client-node";

export interface LogServerOptions {
  readonly config: KubeConfig;
  readonly port: number;
  readonly podFolder: string;
  /** Holds the API server's own certificate, which serves here as well: the API server does not check ours. */
  readonly certificateFolder: string;
}

export function startLogServer(options: LogServerOptions): void {
  const file = (name: string): Buffer => readFileSync(path.join(options.certificateFolder, name));
  const core = options.config.makeApiClient(CoreV1Api);
  const server = https.createServer(
    { cert: file("apiserver.crt"), key: file("apiserver.key") },
    (request, response) => {
      const url = new URL(request.url ?? "/", "https://node");
      const [, kind, namespace, name, container] = url.pathname.split("/");
      if (kind !== "containerLogs" || namespace === undefined || name === undefined || container === undefined) {
        response.writeHead(404).end();
        return;
      }
      core
        .readNamespacedPod({ namespace, name })
        .then((pod) => {
          const log = path.join(options.podFolder, pod.metadata?.uid ?? "", "logs", `${path.basename(container)}.log`);
          sendLog(log, url.searchParams, response);
        })
        .catch(() => response.writeHead(404).end());
    },
  );
  server.on("error", (error) => console.error(error.message));
  server.listen(options.port, "10.244.0.1");
}

function sendLog(
  file: string,
  query: URLSearchParams,
  response: NodeJS.WritableStream & { writeHead(status: number): unknown },
): void {
  response.writeHead(200);
  if (!existsSync(file)) {
    response.end();
    return;
  }
  const lines = query.get("tailLines");
  const follow = query.get("follow") === "true" ? ["-f"] : [];
  const tail = spawn("tail", ["-n", lines ?? "+1", ...follow, file], { stdio: ["ignore", "pipe", "ignore"] });
  tail.stdout.pipe(response);
  response.on("close", () => tail.kill());
}
