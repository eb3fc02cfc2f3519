import { readFileSync } from "node:fs";
import type { Access } from "./credentials.js";

const account = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * The API server with the pod's own service account, without the client library, which a small pod need not carry. The
 * kubelet renews the token, so it is read each time.
 * @throws Error in one line outside of a pod.
 */
export function inClusterAccess(env: NodeJS.ProcessEnv = process.env): () => Promise<Access> {
  const host = env["KUBERNETES_SERVICE_HOST"];
  const port = env["KUBERNETES_SERVICE_PORT"] ?? "443";
  if (host === undefined) throw new Error("KUBERNETES_SERVICE_HOST is not set: this program runs in a pod");
  const server = new URL(`https://${host.includes(":") ? `[${host}]` : host}:${port}`);
  const tls = { ca: readFileSync(`${account}/ca.crt`) };
  return () => {
    const authorization = `Bearer ${readFileSync(`${account}/token`, "utf8").trim()}`;
    return Promise.resolve({ server, headers: { authorization }, tls, agent: undefined });
  };
}
