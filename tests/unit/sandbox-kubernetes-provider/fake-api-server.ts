// A played API server for the tests of the sandbox's Kubernetes provider stand-in.
import http from "node:http";
import type { AddressInfo } from "node:net";
import { toObject } from "../../../sandbox/kubernetes-provider/values.js";
import type { ValueObject } from "../../../sandbox/kubernetes-provider/values.js";

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
}

type Answer = (request: Seen) => { readonly status?: number; readonly body: ValueObject };

/** Answers by method and path; keeps what was asked. */
export class FakeApiServer {
  readonly seen: Seen[] = [];
  private readonly server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const url = new URL(request.url ?? "/", "http://localhost");
      const text = Buffer.concat(chunks).toString("utf8");
      const body: unknown = text === "" ? undefined : JSON.parse(text);
      const query = Object.fromEntries(url.searchParams);
      const seen = { method: request.method ?? "", path: url.pathname, query, body };
      this.seen.push(seen);
      const answer = this.answers.get(`${seen.method} ${seen.path}`)?.(seen);
      response.writeHead(answer === undefined ? 404 : (answer.status ?? 200), { "Content-Type": "application/json" });
      response.end(JSON.stringify(answer?.body ?? { kind: "Status", code: 404, message: "not found" }));
    });
  });
  private readonly answers = new Map<string, Answer>();

  on(request: string, answer: Answer): void {
    this.answers.set(request, answer);
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.on("GET /api/v1", () => ({
      body: toObject({ resources: [{ name: "configmaps", kind: "ConfigMap", namespaced: true }] }),
    }));
  }

  get kubeconfig(): string {
    const { port } = this.server.address() as AddressInfo;
    return JSON.stringify({
      clusters: [{ name: "c", cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } }],
      users: [{ name: "u", user: {} }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u", namespace: "apart" } }],
      "current-context": "x",
    });
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
