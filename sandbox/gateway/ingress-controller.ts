// Stand-in for the APISIX ingress controller 2.2 (image apache/apisix-ingress-controller:2.2.0), `-c FILE`.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { AdcClient } from "./controller/adc-client.js";
import { checkCrds, ClusterCache } from "./controller/cluster-cache.js";
import { portOf, readConfig } from "./controller/config.js";
import type { ControllerConfig } from "./controller/config.js";
import { Executor } from "./controller/executor.js";
import { inCluster, KubeClient } from "./controller/kube.js";
import { LeaderElection } from "./controller/leader.js";
import { Reconciler } from "./controller/reconciler.js";
import { StatusWriter } from "./controller/status.js";
import { SyncLoop } from "./controller/sync.js";
import { temporaryFolder } from "./controller/temporary-file.js";
import { webhookServer } from "./controller/webhook.js";

/** The real one gives up when its caches are not synced by then. */
const SYNC_TIMEOUT_MS = 120_000;

function configFile(argv: readonly string[]): string {
  const flag = argv.findIndex((argument) => argument === "-c" || argument === "--config-path");
  const file = flag < 0 ? undefined : argv[flag + 1];
  if (file === undefined) {
    throw new Error("usage: apisix-ingress-controller -c FILE");
  }
  return file;
}

async function main(argv: readonly string[]): Promise<void> {
  const file = configFile(argv);
  const config = readConfig(file, readFileSync(file, "utf8"), process.env);
  const client = new KubeClient(inCluster(process.env));
  const adcServer = process.env["ADC_SERVER_URL"] ?? "http://127.0.0.1:3000";
  const executor = (): Executor =>
    new Executor(new AdcClient(adcServer, config.exec_adc_timeout * 1000), temporaryFolder());
  const leading: { reconciler?: Reconciler } = {};
  const cache = new ClusterCache(client, (change) => leading.reconciler?.changed(change));
  await checkCrds(client);
  serveProbes(config, () => cache.problem());
  cache.start();
  if (config.webhook.enable) {
    webhookServer(config, cache, executor()).on("error", fail).listen(config.webhook.port);
  }
  await synced(cache);
  await new LeaderElection(client, config, process.env["POD_NAMESPACE"] ?? "default").lead(() => {
    fail(new Error("leader election lost"));
  });
  const status = new StatusWriter(client);
  const loop: { sync?: SyncLoop } = {};
  const reconciler = new Reconciler(cache, status, config, () => loop.sync?.request());
  const sync = new SyncLoop(cache, executor(), reconciler, status, config);
  loop.sync = sync;
  leading.reconciler = reconciler;
  serveMetrics(config, () => sync.counts);
  console.log("stand-in for the APISIX ingress controller 2.2: started");
  await sync.run();
}

async function synced(cache: ClusterCache): Promise<void> {
  const deadline = performance.now() + SYNC_TIMEOUT_MS;
  for (let problem = cache.problem(); problem !== undefined; problem = cache.problem()) {
    if (performance.now() > deadline) {
      throw new Error(`timed out waiting for caches to sync: ${problem}`);
    }
    await sleep(50);
  }
}

function serveProbes(config: ControllerConfig, problem: () => string | undefined): void {
  const port = portOf(config.probe_addr);
  if (port === undefined) {
    return;
  }
  createServer((request, response) => {
    if (request.url === "/healthz") {
      response.writeHead(200).end("ok");
    } else if (request.url === "/readyz") {
      const reason = problem();
      response.writeHead(reason === undefined ? 200 : 500).end(reason ?? "ok");
    } else {
      response.writeHead(404).end();
    }
  })
    .on("error", fail)
    .listen(port);
}

function serveMetrics(config: ControllerConfig, counts: () => SyncLoop["counts"]): void {
  const port = portOf(config.metrics_addr);
  if (port === undefined) {
    return;
  }
  createServer((request, response) => {
    const { success, failure } = counts();
    const name = "apisix_ingress_adc_sync_total";
    const text = `# TYPE ${name} counter\n${name}{status="success"} ${String(success)}\n${name}{status="failure"} ${String(failure)}\n`;
    response.writeHead(request.url === "/metrics" ? 200 : 404, { "Content-Type": "text/plain" });
    response.end(request.url === "/metrics" ? text : "");
  })
    .on("error", fail)
    .listen(port);
}

function fail(error: unknown): void {
  console.error(`can't go on: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  // The Lease is not released: the next one waits for it to expire, as measured.
  process.on(signal, () => process.exit(0));
}
main(process.argv.slice(2)).catch(fail);
