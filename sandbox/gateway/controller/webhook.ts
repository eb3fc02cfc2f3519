// Stand-in for the APISIX ingress controller 2.2: the validating webhook on port 9443.
import { existsSync, readFileSync, watchFile } from "node:fs";
import { createServer } from "node:https";
import type { Server } from "node:https";
import { json as readJson } from "node:stream/consumers";
import { z } from "zod";
import { admitRoute, admitTls } from "./admission.js";
import type { Admission } from "./admission.js";
import type { ClusterCache } from "./cluster-cache.js";
import type { ControllerConfig } from "./config.js";
import type { Executor } from "./executor.js";

const ROUTE_PATH = "/validate-apisix-apache-org-v2-apisixroute";
const TLS_PATH = "/validate-apisix-apache-org-v2-apisixtls";
/** The other paths of the real webhook: everything is allowed there. */
const OTHER_PATHS: ReadonlySet<string> = new Set([
  "/validate-apisix-apache-org-v2-apisixconsumer",
  "/validate-apisix-apache-org-v1alpha1-consumer",
  "/validate-apisix-apache-org-v1alpha1-gatewayproxy",
  "/validate-networking-k8s-io-v1-ingress",
  "/validate-networking-k8s-io-v1-ingressclass",
]);

const reviewSchema = z.looseObject({
  apiVersion: z.string(),
  request: z.looseObject({ uid: z.string(), operation: z.string(), object: z.unknown() }),
});

type Review = z.infer<typeof reviewSchema>;

/** Makes the server from the files of the config. Throws when they are missing. */
export function webhookServer(config: ControllerConfig, cache: ClusterCache, executor: Executor): Server {
  const { tls_cert_dir, tls_cert_file, tls_key_file } = config.webhook;
  const [certFile, keyFile] = [`${tls_cert_dir}/${tls_cert_file}`, `${tls_cert_dir}/${tls_key_file}`];
  const missing = [certFile, keyFile].find((file) => !existsSync(file));
  if (missing !== undefined) {
    throw new Error(`webhook: open ${missing}: no such file or directory`);
  }
  const load = (): { cert: Buffer; key: Buffer } => ({ cert: readFileSync(certFile), key: readFileSync(keyFile) });
  const server = createServer({ ...load(), minVersion: "TLSv1.2" }, (request, response) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    if (path !== ROUTE_PATH && path !== TLS_PATH && !OTHER_PATHS.has(path)) {
      response.writeHead(404).end();
      return;
    }
    readJson(request)
      .then((body) => review(path, reviewSchema.parse(body), config, cache, executor))
      .then(
        (answer) => {
          response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(answer));
        },
        (error: unknown) => {
          response.writeHead(400).end(error instanceof Error ? error.message : String(error));
        },
      );
  });
  watchFile(certFile, { interval: 10_000 }, () => {
    server.setSecureContext(load());
  }).unref();
  return server;
}

async function review(
  path: string,
  { apiVersion, request }: Review,
  config: ControllerConfig,
  cache: ClusterCache,
  executor: Executor,
): Promise<unknown> {
  const verdict: Admission =
    request.operation === "DELETE"
      ? { kind: "allowed", warnings: [] }
      : path === ROUTE_PATH
        ? await admitRoute(request.object, config, cache, executor)
        : path === TLS_PATH
          ? await admitTls(request.object, config, cache, executor)
          : { kind: "allowed", warnings: [] };
  const { warnings } = verdict;
  const response =
    verdict.kind === "allowed"
      ? { uid: request.uid, allowed: true }
      : { uid: request.uid, allowed: false, status: { message: verdict.message, code: verdict.code } };
  return {
    apiVersion,
    kind: "AdmissionReview",
    response: { ...response, ...(warnings.length === 0 ? {} : { warnings }) },
  };
}
