import { readFileSync } from "node:fs";
import https from "node:https";
import { fieldManager } from "./names.js";

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export type Method = "GET" | "POST" | "PUT" | "MERGE" | "JSON";

/** One request to the API server; throws only when there was no answer. `MERGE` and `JSON` are patches. */
export type Api = (method: Method, path: string, body?: unknown) => Promise<Answer>;

const account = "/var/run/secrets/kubernetes.io/serviceaccount";
const timeoutMs = 5_000;
const maxBytes = 32 * 1024 * 1024;

const contentTypes = {
  GET: "application/json",
  POST: "application/json",
  PUT: "application/json",
  MERGE: "application/merge-patch+json",
  JSON: "application/json-patch+json",
} as const;

/** The API server with the pod's own service account; its token is renewed by the kubelet, so it is read each time. */
export function inCluster(): Api {
  const host = process.env["KUBERNETES_SERVICE_HOST"];
  const port = process.env["KUBERNETES_SERVICE_PORT"] ?? "443";
  if (host === undefined) throw new Error("KUBERNETES_SERVICE_HOST is not set: this program runs in a pod");
  const agent = new https.Agent({ keepAlive: true, ca: readFileSync(`${account}/ca.crt`) });
  const origin = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
  return (method, path, body) => exchange(new URL(path, origin), agent, method, body);
}

function exchange(url: URL, agent: https.Agent, method: Method, body: unknown): Promise<Answer> {
  if (method !== "GET") url.searchParams.set("fieldManager", fieldManager);
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    authorization: `Bearer ${readFileSync(`${account}/token`, "utf8").trim()}`,
    accept: "application/json",
    ...(payload === undefined
      ? {}
      : { "content-type": contentTypes[method], "content-length": Buffer.byteLength(payload) }),
  };
  return new Promise((resolve, reject) => {
    const verb = method === "MERGE" || method === "JSON" ? "PATCH" : method;
    const request = https.request(url, { agent, method: verb, headers });
    const timer = setTimeout(() => request.destroy(new Error("the API server gave no answer in time")), timeoutMs);
    const finish = (done: () => void): void => {
      clearTimeout(timer);
      done();
    };
    request.on("error", (error) => finish(() => reject(error)));
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxBytes) request.destroy(new Error("the API server's answer is too large"));
        else chunks.push(chunk);
      });
      response.on("error", (error) => finish(() => reject(error)));
      response.on("end", () =>
        finish(() => resolve({ status: response.statusCode ?? 0, body: parse(Buffer.concat(chunks).toString()) })),
      );
    });
    request.end(payload);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
