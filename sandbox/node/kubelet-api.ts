// Stand-in for a kubelet: what the API server asks a node for: containers' logs, and connections to pods' ports.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import type http from "node:http";
import https from "node:https";
import path from "node:path";
import { CoreV1Api } from "@kubernetes/client-node";
import type { KubeConfig, V1Pod } from "@kubernetes/client-node";
import { WebSocketServer } from "ws";
import { forwardPort, portForwardProtocol, portsOf } from "./port-forward.js";

export interface KubeletApiOptions {
  readonly config: KubeConfig;
  readonly port: number;
  readonly podFolder: string;
  /** Holds the API server's own certificate, which serves here as well: the API server does not check ours. */
  readonly certificateFolder: string;
}

export function startKubeletApi(options: KubeletApiOptions): void {
  const file = (name: string): Buffer => readFileSync(path.join(options.certificateFolder, name));
  const core = options.config.makeApiClient(CoreV1Api);
  const podOf = ({ namespace, name }: Asked): Promise<V1Pod> => core.readNamespacedPod({ namespace, name });
  const certificate = { cert: file("apiserver.crt"), key: file("apiserver.key") };
  const server = https.createServer(certificate, (request, response) => {
    const asked = parsed(request);
    const { kind, rest } = asked;
    const [container] = rest;
    if (kind !== "containerLogs" || container === undefined) {
      response.writeHead(404).end();
      return;
    }
    podOf(asked)
      .then((pod) => {
        const log = path.join(options.podFolder, pod.metadata?.uid ?? "", "logs", `${path.basename(container)}.log`);
        sendLog(log, asked.query, response);
      })
      .catch(() => response.writeHead(404).end());
  });
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has(portForwardProtocol) ? portForwardProtocol : false),
  });
  server.on("upgrade", (request, socket, head) => {
    const asked = parsed(request);
    if (asked.kind !== "portForward") {
      socket.destroy();
      return;
    }
    podOf(asked).then(
      ({ status }) =>
        sockets.handleUpgrade(request, socket, head, (client) =>
          forwardPort(client, status?.podIP ?? "", portsOf(asked.query)),
        ),
      () => socket.destroy(),
    );
  });
  server.on("error", (error) => console.error(error.message));
  server.listen(options.port, "10.244.0.1");
}

interface Asked {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly rest: readonly string[];
  readonly query: URLSearchParams;
}

function parsed({ url }: http.IncomingMessage): Asked {
  const { pathname, searchParams } = new URL(url ?? "/", "https://node");
  const [, kind = "", namespace = "", name = "", ...rest] = pathname.split("/");
  return { kind, namespace, name, rest, query: searchParams };
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
