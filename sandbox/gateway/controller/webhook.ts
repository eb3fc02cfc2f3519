// Stand-in for the APISIX ingress controller 2.2: the validating webhook on port 9443.
import { existsSync, readFileSync, watchFile } from "node:fs";
import { createServer } from "node:https";
import type { Server } from "node:https";
import { json as readJson } from "node:stream/consumers";
import { z } from "zod";
import type { Adc } from "./adc-client.js";
import { assemble } from "./assemble.js";
import type { ClusterCache } from "./cluster-cache.js";
import type { ControllerConfig } from "./config.js";
import { InvalidSpec } from "./expressions.js";
import { classOf, proxyOf, targetOf } from "./gateway-target.js";
import { apisixRouteSchema } from "./resources.js";
import { translateRoute } from "./translate-route.js";

const ROUTE_PATH = "/validate-apisix-apache-org-v2-apisixroute";
/** The other paths of the real webhook: everything is allowed there. */
const OTHER_PATHS: ReadonlySet<string> = new Set([
  "/validate-apisix-apache-org-v2-apisixconsumer",
  "/validate-apisix-apache-org-v2-apisixtls",
  "/validate-apisix-apache-org-v1alpha1-consumer",
  "/validate-apisix-apache-org-v1alpha1-gatewayproxy",
  "/validate-networking-k8s-io-v1-ingress",
  "/validate-networking-k8s-io-v1-ingressclass",
]);

const reviewSchema = z.looseObject({
  apiVersion: z.string(),
  request: z.looseObject({ uid: z.string(), operation: z.string(), object: z.unknown() }),
});

/** Makes the server from the files of the config. Throws when they are missing. */
export function webhookServer(config: ControllerConfig, cache: ClusterCache, adc: Adc): Server {
  const { tls_cert_dir, tls_cert_file, tls_key_file } = config.webhook;
  const [certFile, keyFile] = [`${tls_cert_dir}/${tls_cert_file}`, `${tls_cert_dir}/${tls_key_file}`];
  const missing = [certFile, keyFile].find((file) => !existsSync(file));
  if (missing !== undefined) {
    throw new Error(`webhook: open ${missing}: no such file or directory`);
  }
  const load = (): { cert: Buffer; key: Buffer } => ({ cert: readFileSync(certFile), key: readFileSync(keyFile) });
  const server = createServer({ ...load(), minVersion: "TLSv1.2" }, (request, response) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    if (path !== ROUTE_PATH && !OTHER_PATHS.has(path)) {
      response.writeHead(404).end();
      return;
    }
    readJson(request)
      .then(async (body) => {
        const review = reviewSchema.parse(body);
        const checked = path === ROUTE_PATH && review.request.operation !== "DELETE";
        const problem = checked ? await routeProblem(review.request.object, config, cache, adc) : undefined;
        const verdict =
          problem === undefined ? { allowed: true } : { allowed: false, status: { message: problem, code: 403 } };
        return {
          apiVersion: review.apiVersion,
          kind: "AdmissionReview",
          response: { uid: review.request.uid, ...verdict },
        };
      })
      .then(
        (review) => {
          response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(review));
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

/** Why a route must not be admitted; undefined also when nobody can tell. */
async function routeProblem(
  object: unknown,
  config: ControllerConfig,
  cache: ClusterCache,
  adc: Adc,
): Promise<string | undefined> {
  const parsed = apisixRouteSchema.safeParse(object);
  if (!parsed.success) {
    return `${parsed.error.issues[0]?.path.join(".") ?? ""}: ${parsed.error.issues[0]?.message ?? "invalid"}`;
  }
  const ingressClass = classOf(parsed.data.spec.ingressClassName, config.controller_name, cache);
  const proxy = ingressClass === undefined ? undefined : proxyOf(ingressClass, cache);
  const target = proxy === undefined ? undefined : targetOf(proxy, cache);
  if (target === undefined || typeof target === "string") {
    return undefined;
  }
  try {
    const translated = translateRoute(parsed.data, cache);
    const pushed = assemble({ ...target.proxy, spec: { provider: undefined } }, [translated], [], cache);
    const answer = await adc.ask("validate", {
      servers: [...target.servers],
      token: target.token,
      timeoutMs: config.exec_adc_timeout * 1000,
      config: pushed,
    });
    const refused = answer.results.find(({ outcome }) => outcome.kind === "refused");
    return refused?.outcome.kind === "refused" ? `ADC validation failed: ${refused.outcome.message}` : undefined;
  } catch (error) {
    if (error instanceof InvalidSpec) {
      return error.message;
    }
    console.error(
      `ADC validation unavailable, allowing admission: ${error instanceof Error ? error.message : String(error)}`,
    );
    return undefined;
  }
}
