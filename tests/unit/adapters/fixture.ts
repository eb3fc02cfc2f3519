import http from "node:http";
import type { AddressInfo } from "node:net";
import { ApiServer, createAccess, createKubernetesAdapters } from "../../../release/adapters/kubernetes/index.js";
import type { KubernetesAdapters } from "../../../release/adapters/kubernetes/index.js";
import { release } from "../../../release/settings/index.js";
import type { ReleaseInput, ReleaseSettings } from "../../../release/settings/index.js";

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface PlayedServer {
  readonly url: string;
  readonly seen: Seen[];
  close(): Promise<void>;
}

export type Play = (request: Seen, response: http.ServerResponse) => void;

const open = new Set<PlayedServer>();

/** Closes all servers that a test has left open. */
export async function closeServers(): Promise<void> {
  await Promise.all([...open].map((server) => server.close()));
}

/** A server on loopback that plays a part (API server, Prometheus, webhook) and remembers what it was asked. */
export async function startServer(play: Play): Promise<PlayedServer> {
  const seen: Seen[] = [];
  const listener = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const one = { method, url, headers, body: Buffer.concat(chunks).toString() };
      seen.push(one);
      play(one, response);
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as AddressInfo;
  const server: PlayedServer = {
    url: `http://127.0.0.1:${port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        open.delete(server);
        listener.close(() => resolve());
        listener.closeAllConnections();
      }),
  };
  open.add(server);
  return server;
}

export function answer(response: http.ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

/** Plays an API server: answers by "VERB path"; a function may look at the request, a pair is status and body. */
export function playApi(answers: Readonly<Record<string, unknown>>): Promise<PlayedServer> {
  return startServer((seen, response) => {
    const found = answers[`${seen.method} ${seen.url.split("?")[0] ?? ""}`];
    const result: unknown = typeof found === "function" ? (found as (seen: Seen) => unknown)(seen) : found;
    if (Array.isArray(result)) answer(response, Number(result[0]), result[1]);
    else answer(response, result === undefined ? 404 : 200, result ?? { kind: "Status", message: "not found" });
  });
}

/** A kubeconfig for an API server that a test plays. */
export function kubeconfigFor(url: string): string {
  return JSON.stringify({
    clusters: [{ name: "c", cluster: { server: url, "insecure-skip-tls-verify": true } }],
    users: [{ name: "u", user: { token: "secret-token" } }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  });
}

export function settingsFor(changed: Partial<ReleaseInput> = {}): ReleaseSettings {
  return release.parse({
    name: "podinfo",
    namespace: "test",
    revision: "r1",
    routeName: "podinfo-podinfo-canary",
    service: { name: "podinfo", port: 80 },
    analysis: { stepWeight: 10 },
    prometheusUrl: "http://flagger-prometheus.apisix:9090",
    ...changed,
  });
}

export function adaptersAt(url: string): KubernetesAdapters {
  return createKubernetesAdapters({ settings: settingsFor({ kubeconfig: kubeconfigFor(url) }) });
}

export function apiAt(url: string): ApiServer {
  return new ApiServer(createAccess({ kubeconfig: kubeconfigFor(url) }));
}

/** A signal that nobody aborts. */
export const noSignal: AbortSignal = new AbortController().signal;

/** The error that a promise is rejected with. */
export async function errorOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new Error(`thrown was no Error: ${String(error)}`, { cause: error });
  }
  throw new Error("nothing was thrown");
}
