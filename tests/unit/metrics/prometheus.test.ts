import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { releaseDashboard } from "../../../dashboards/grafana.js";
import { serve } from "../../../release/watchdog/server.js";
import { cacheFolder } from "../../../sandbox/tools/ensure.js";
import { tools } from "../../../sandbox/tools/index.js";
import { expressionsIn, groupsOf } from "./documents.js";
import { exporterOf, observed } from "./releases.js";

const rulesFile = path.resolve(__dirname, "../../../../docs/operations/prometheus-rule.yaml");
const program = findPrometheus();
const skipped =
  program === undefined ? " (skipped: the sandbox's Prometheus is not there yet; npm run sandbox -- up brings it)" : "";

const answer = z.object({
  status: z.literal("success"),
  data: z.object({ result: z.array(z.unknown()) }),
});
const alerts = z.object({
  data: z.object({ alerts: z.array(z.object({ labels: z.record(z.string(), z.string()), state: z.string() })) }),
});

describe(`a real Prometheus${skipped}`, function () {
  this.timeout(60_000);
  const test = program === undefined ? it.skip : it;
  const folder = mkdtempSync(path.join(tmpdir(), "canary-prometheus-"));
  let pod: Server;
  let prometheus: ChildProcess;
  let url = "";

  before(async () => {
    if (program === undefined) return;
    const releases = [
      observed("podinfo"),
      observed("shop", { phase: "Failed", canaryWeight: 0 }),
      observed("cart", { phase: "Promoting", stalled: "PrimaryFailing" }),
    ];
    const metrics = await exporterOf(
      () => releases,
      () => 0,
    );
    pod = serve(0, { isAlive: () => true, metrics });
    await once(pod, "listening");
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    // As the operator does it: the groups are the rule file.
    const rules = parse(readFileSync(rulesFile, "utf8")) as { spec: object };
    writeFileSync(path.join(folder, "rules.yml"), stringify(rules.spec));
    const target = `127.0.0.1:${(pod.address() as AddressInfo).port}`;
    writeFileSync(path.join(folder, "prometheus.yml"), stringify(configuration(target)));
    const options = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`];
    prometheus = spawn(program, [...options, `--web.listen-address=127.0.0.1:${port}`], { stdio: "ignore" });
    await until(async () => (await ask("apisix_canary_weight")).length === releases.length);
  });

  after(async () => {
    if (program !== undefined) {
      prometheus.kill("SIGKILL");
      await once(prometheus, "exit");
      pod.close();
    }
    rmSync(folder, { recursive: true, force: true });
  });

  const get = async (where: string): Promise<unknown> => (await fetch(`${url}${where}`)).json();
  const ask = async (expression: string): Promise<readonly unknown[]> =>
    answer.parse(await get(`/api/v1/query?query=${encodeURIComponent(expression)}`)).data.result;

  test("scrapes the watchdog, and answers every question of the dashboard", async () => {
    const empty: string[] = [];
    for (const expression of expressionsIn(releaseDashboard())) {
      const asked = expression.replaceAll("$namespace", "test").replaceAll("$release", "podinfo");
      if ((await ask(asked)).length === 0) empty.push(asked);
    }
    // A check without any requests has no value.
    expect(empty).to.deep.equal([
      'max by (metric) (apisix_canary_check_value{release_namespace="test", release="podinfo", unit=""})',
    ]);
  });

  test("keeps the release's namespace apart from the pod's", async () => {
    expect(await ask('apisix_canary_weight{namespace="apisix", release_namespace="test"}')).to.have.length(3);
  });

  test("loads the rules, and fires for what has happened", async () => {
    const firing = async (): Promise<readonly string[]> => {
      const { data } = alerts.parse(await get("/api/v1/alerts"));
      return data.alerts
        .filter(({ state }) => state === "firing")
        .map(({ labels }) => `${labels["alertname"]} ${labels["release"]}`);
    };
    await until(async () => (await firing()).length >= 2);
    expect((await firing()).toSorted()).to.deep.equal(["CanaryPromotionStalled cart", "CanaryRolledBack shop"]);
    const loaded = JSON.stringify(await get("/api/v1/rules"));
    for (const { alert } of groupsOf(parse(readFileSync(rulesFile, "utf8"))).flatMap(({ rules }) => rules))
      expect(loaded).to.contain(`"name":"${alert}"`);
    expect(loaded).not.to.contain('"health":"err"');
  });
});

function findPrometheus(): string | undefined {
  const file = path.join(cacheFolder(tools.prometheus), "prometheus");
  return existsSync(file) ? file : undefined;
}

/** The pod as one target, with the labels that a scrape in a cluster gives it. */
function configuration(target: string): object {
  return {
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    rule_files: ["rules.yml"],
    scrape_configs: [{ job_name: "pods", static_configs: [{ targets: [target], labels: { namespace: "apisix" } }] }],
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await holds().catch(() => false)) return;
    await sleep(200);
  }
  throw new Error("it never came");
}
