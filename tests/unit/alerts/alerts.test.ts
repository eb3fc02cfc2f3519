import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { alertRequest } from "../../../release/adapters/reporter/alert-payloads.js";
import type { AlertSource } from "../../../release/adapters/reporter/alert-text.js";
import { createReporter } from "../../../release/adapters/reporter/index.js";
import { runAnalysis, runPromotion } from "../../../release/machine/index.js";
import type { Ports } from "../../../release/machine/index.js";
import type { Announcement } from "../../../release/ports/index.js";
import type { AlertSettings, ReleaseSettings } from "../../../release/settings/index.js";
import { portsOf, settingsFor, VirtualClock, World } from "../../../fakes/index.js";

type Provider = AlertSettings["provider"]["type"];

/** What receivers got before, as files: `GOLDEN=write npm run test:unit` writes them anew, to be read before they are kept. */
const data = path.resolve(__dirname, "../../../../tests/unit/alerts/data");
const providers: readonly Provider[] = ["slack", "discord", "rocket", "msteams", "gchat", "alertmanager"];
const at = new Date("2026-01-01T00:00:56Z");

const image = "ghcr.io/stefanprodan/podinfo:6.0.2";
const release: AlertSource = {
  name: "podinfo",
  namespace: "test",
  revision: "7d2f4c81",
  routeName: "podinfo-podinfo-canary",
  image,
};

const duration = { metric: "request-duration", verdict: "pass", value: "495ms", limit: "500ms", requests: 836 };
const successRate = {
  metric: "request-success-rate",
  verdict: "failNow",
  value: "97.01%",
  limit: "99%",
  requests: 836,
  confidence: "99.96%",
};
const sentence = "success rate 97.00% < 99% (canary: 25 of 836 requests failed, confidence 99.96%)";

const failed: Announcement = {
  level: "error",
  message: "Canary failed! Scaling down podinfo.test",
  phase: "Failed",
  canaryWeight: 0,
  alert: true,
  reason: sentence,
  checks: [duration, successRate],
};
const promoted: Announcement = {
  level: "info",
  message: "Promotion completed! Scaling down podinfo.test",
  phase: "Finalising",
  canaryWeight: 0,
  alert: true,
  reason: "all checks passed at every step",
  checks: [duration, { ...successRate, verdict: "pass", value: "99.88%", confidence: "0%" }],
};
const waiting: Announcement = {
  level: "warning",
  message: "Halt podinfo.test advancement waiting for approval <!channel> & co: gate is closed",
  phase: "Waiting",
  canaryWeight: 0,
  alert: true,
};

const alertTo = (type: Provider): AlertSettings => ({
  name: "ops",
  severity: "info",
  provider: { type, address: "https://alerts.example.com/hook", channel: "#ops" },
});

const payload = (type: Provider, said: Announcement): unknown =>
  JSON.parse(JSON.stringify(alertRequest(release, alertTo(type), said, at).payload));

describe("alerts say why", () => {
  const stories = { failed, promoted, waiting };

  for (const type of providers)
    for (const [name, said] of Object.entries(stories))
      it(`to ${type}: ${name}`, () => {
        const file = path.join(data, `${type}-${name}.json`);
        const sent = payload(type, said);
        if (process.env["GOLDEN"] === "write") writeFileSync(file, `${JSON.stringify(sent, undefined, 2)}\n`);
        expect(existsSync(file), `${file} is kept`).to.equal(true);
        expect(sent).to.deep.equal(JSON.parse(readFileSync(file, "utf8")));
      });

  for (const type of providers)
    it(`to ${type} with metric, value, limit, requests, confidence, image, revision, severity and what to do`, () => {
      const text = JSON.stringify(payload(type, failed));
      const unescaped = text.replaceAll("&lt;", "<");
      for (const part of [
        sentence,
        "request-success-rate",
        "97.01%",
        "99.96%",
        image,
        release.revision,
        "critical",
        "apisix-canary report podinfo -n test",
      ])
        expect(unescaped).to.contain(part);
      expect(text).not.to.contain("request-duration");
    });

  it("let nobody's words call everybody, nor be markup", () => {
    const hostile: Announcement = { ...failed, reason: `<!channel> <users/all> <img src=x> & "quotes"` };
    for (const type of ["slack", "gchat"] as const) {
      const text = JSON.stringify(payload(type, hostile));
      expect(text).to.contain("&lt;!channel&gt; &lt;users/all&gt;").and.not.to.contain("<!channel>");
    }
    const { sections } = payload("msteams", hostile) as { sections: { text: string }[] };
    expect(sections[0]?.text).to.contain("&lt;img").and.not.to.contain("<img");
  });
});

/** A whole release in virtual time, and what a receiver of its alerts gets. */
async function alertsOf(prepare: (world: World) => void): Promise<readonly string[]> {
  const world = new World(new VirtualClock());
  const sent: string[] = [];
  const alerts = [
    { name: "ops", provider: { type: "slack" as const, address: "https://alerts.example.com/s3cr3tpath" } },
  ];
  const ports = (settings: ReleaseSettings): Ports => {
    const own = portsOf(world);
    const reporter = createReporter(settings, {
      log: () => undefined,
      writeEvent: () => Promise.resolve(),
      webhooks: own.webhooks,
      serviceAccess: ({ body }) => (sent.push(body ?? ""), Promise.resolve({ status: 200, body: "" })),
      clock: world.clock,
      storeReport: () => Promise.resolve(),
    });
    return { ...own, reporter };
  };
  const { signal } = new AbortController();
  world.applyPrimary("r1");
  const first = settingsFor("r1", { alerts });
  await world.clock.until(runPromotion(first, ports(first), signal));
  world.applyCanary("r2");
  prepare(world);
  const second = settingsFor("r2", { alerts });
  const outcome = await world.clock.until(runAnalysis(second, ports(second), signal).catch(() => undefined));
  if (outcome === undefined) return sent;
  world.applyPrimary("r2");
  await world.clock.until(runPromotion(second, ports(second), signal));
  return sent;
}

describe("alerts of a whole release", () => {
  it("say why it was rolled back, with the figures", async () => {
    const sent = await alertsOf((world) => (world.behaviour.canary = { failingShare: 0.3, slowShare: 0 }));
    expect(sent).to.have.length(2);
    expect(sent[0]).to.contain("New revision detected!").and.to.contain("apisix-canary abort podinfo -n test");
    expect(sent[1]).to.match(/Canary failed! Scaling down podinfo\.test\\nsuccess rate \d+\.\d+% &lt; 99% \(canary: /);
    expect(sent[1]).to.match(
      /"title":"request-success-rate","value":"[\d.]+% \(limit 99%\), \d+ requests, 99\.\d+% conf/,
    );
  });

  it("say who took it back", async () => {
    const sent = await alertsOf((world) =>
      world.clock.at(20_000, () => (world.object!.commands["abort"] = "alice: the shop is on fire")),
    );
    expect(sent.at(-1)).to.contain("aborted on request: alice: the shop is on fire");
  });

  it("say that all checks passed, and what they found", async () => {
    const sent = await alertsOf(() => undefined);
    expect(sent.at(-1)).to.contain("Promotion completed!").and.to.contain("all checks passed at every step");
    expect(sent.at(-1)).to.contain('"title":"request-success-rate","value":"100% (limit 99%)');
  });

  it("hold no address", async () => {
    for (const text of await alertsOf(() => undefined)) expect(text).not.to.contain("s3cr3tpath");
  });
});
