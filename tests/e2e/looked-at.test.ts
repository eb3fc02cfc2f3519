import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { run } from "../../cli/program.js";
import { createReportStore } from "../../release/adapters/report-store/index.js";
import { ApiServer, createAccess } from "../../release/adapters/kubernetes/index.js";
import { readReport } from "../../release/report/index.js";
import type { Report } from "../../release/report/index.js";
import { startTraffic } from "../../sandbox/users/index.js";
import { Chromium, expectCharts, expectToFit, picture, withoutBrowser } from "../unit/browser/chromium.js";
import { hostOf, quickAnalysis, releaseProgram, TestStack } from "./harness/stacks.js";
import type { Program } from "./harness/stacks.js";

const namespace = "e2e-looked-at";
const name = "looked-at";

/** Long enough to be looked at. */
function program(tag: string): Program {
  const analysis = { ...quickAnalysis, interval: "4s", checkInterval: "1s" };
  return releaseProgram(namespace, [{ name, namespace, image: `sandbox/faulty:${tag}`, overrides: { analysis } }]);
}

const api = new ApiServer(createAccess({}));
const { signal } = new AbortController();

async function storedReport(): Promise<Report | undefined> {
  const text = await createReportStore(api, { name, namespace }).read(signal);
  return text === undefined ? undefined : readReport(text);
}

/** What the platform's Prometheus has, as the Service proxy hands it on. */
async function series(expression: string): Promise<string> {
  const proxy = "/api/v1/namespaces/apisix/services/flagger-prometheus:9090/proxy/api/v1/query";
  const exchange = { method: "GET", timeoutMs: 5_000, maxBytes: 1_000_000 } as const;
  const { body } = await api.raw(`${proxy}?query=${encodeURIComponent(expression)}`, exchange, signal);
  return body;
}

async function until<T>(what: string, look: () => Promise<T | undefined>, seconds = 60): Promise<T> {
  for (let tries = 0; tries < seconds * 2; tries += 1) {
    const found = await look().catch(() => undefined);
    if (found !== undefined) return found;
    await sleep(500);
  }
  throw new Error(`${what} never came`);
}

/** Runs `apisix-canary dashboard`; its address, and its end. */
async function startDashboard() {
  const stop = new AbortController();
  let told: (url: string) => void = () => undefined;
  const url = new Promise<string>((resolve) => (told = resolve));
  const ended = run(["dashboard", name, "-n", namespace], {
    out: (text) => told(text),
    error: (text) => told(text),
    isTerminal: false,
    signal: stop.signal,
  });
  return { url: await url, end: () => (stop.abort(), ended) };
}

describe("a release that people look at while it runs", () => {
  let stack: TestStack;
  const chromium = new Chromium();
  before(async () => {
    stack = await TestStack.create("looked-at");
    const first = await stack.up(program("1.0.0"));
    expect(first.failed, first.output).to.equal(false);
    if (withoutBrowser === "") await chromium.start();
  });
  after(async () => {
    if (withoutBrowser === "") await chromium.stop();
    await stack.destroy();
  });

  it(`is on the dashboard, in Prometheus and in its report${withoutBrowser}`, async () => {
    const users = startTraffic({ host: hostOf(name), perSecond: 60 });
    const update = stack.up(program("1.0.1"));
    const dashboard = await startDashboard();
    const labels = `{release="${name}", release_namespace="${namespace}"}`;
    await until("a weight in Prometheus", async () => {
      const body = await series(`max(apisix_canary_weight${labels}) > 0`);
      return body.includes('"value":[') ? body : undefined;
    });
    const early = await until("a report of the run that goes on", async () => {
      const report = await storedReport();
      return report?.outcome === "running" ? report : undefined;
    });
    expect(early.startedBy).to.match(/ on /);
    if (withoutBrowser === "") await lookAt(dashboard.url);
    const { failed, output } = await update;
    await users.stop();
    expect(failed, output).to.equal(false);
    expect(await dashboard.end()).to.equal(0);
    const last = await storedReport();
    expect(last?.outcome).to.equal("promoted");
    expect(last?.ticks.length).to.be.greaterThan(early.ticks.length);
    await until("the end in Prometheus", async () => {
      const body = await series(`apisix_canary_phase{release="${name}", phase="Succeeded"} == 1`);
      return body.includes('"value":[') ? body : undefined;
    });
  });

  async function lookAt(url: string): Promise<void> {
    for (const width of [1280, 390]) {
      const { page, errors } = await chromium.open(url, {
        width,
        colorScheme: width === 390 ? "dark" : "light",
        name: "",
      });
      await page.waitForSelector(".plot svg .mark", { state: "attached" });
      expect(await page.textContent("#head")).to.contain(`${name}.${namespace}`);
      await expectToFit(page);
      await expectCharts(page, 3);
      await picture(page, `sandbox-dashboard-${width}`);
      expect(errors).to.be.empty;
      await page.close();
    }
  }
});
