import { expect } from "chai";
import { realClock } from "../../../release/adapters/clock/index.js";
import { alertRequest } from "../../../release/adapters/reporter/alert-payloads.js";
import { createReporter } from "../../../release/adapters/reporter/index.js";
import type { StoreReport, WriteEvent } from "../../../release/adapters/reporter/index.js";
import type { Announcement } from "../../../release/ports/index.js";
import type { WrittenReport } from "../../../release/report/index.js";
import type { AlertSettings, WebhookSettings } from "../../../release/settings/index.js";
import { settingsFor } from "./fixture.js";

const announcement = (changed: Partial<Announcement> = {}): Announcement => ({
  level: "info",
  message: "Starting canary analysis for podinfo.test",
  phase: "Progressing",
  canaryWeight: 10,
  alert: true,
  ...changed,
});

const alertTo = (
  type: AlertSettings["provider"]["type"],
  severity: AlertSettings["severity"] = "info",
): AlertSettings => ({
  name: type,
  severity,
  provider: { type, address: "http://alerts.example.com/hook?token=t", channel: "#ops" },
});

function world(changed: { writeEvent?: WriteEvent; storeReport?: StoreReport } = {}) {
  const lines: string[] = [];
  const sent: { url: string; body: unknown }[] = [];
  const hooks: WebhookSettings[] = [];
  return {
    lines,
    sent,
    hooks,
    log: (line: string, level: string) => void lines.push(`${level} ${line}`),
    writeEvent: changed.writeEvent ?? (() => Promise.resolve()),
    webhooks: { call: (hook: WebhookSettings) => (hooks.push(hook), Promise.resolve({ kind: "ok" } as const)) },
    serviceAccess: (exchange: { url: URL; body?: string }) => {
      sent.push({ url: exchange.url.href, body: JSON.parse(exchange.body ?? "null") as unknown });
      return Promise.resolve({ status: 200, body: "" });
    },
    clock: realClock,
    storeReport: changed.storeReport ?? (() => Promise.resolve()),
  };
}

describe("the reporter", () => {
  it("tells each receiver, in order, and keeps the record", async () => {
    const webhooks = [{ name: "e", type: "event" as const, url: "http://x.example.com/", metadata: { a: "b" } }];
    const settings = settingsFor({ analysis: { stepWeight: 10, webhooks, alerts: [alertTo("slack")] } });
    const events: string[] = [];
    const writeEvent: WriteEvent = (type, message) => Promise.resolve(void events.push(`${type} ${message}`));
    const stored: WrittenReport[] = [];
    const storeReport: StoreReport = (report) => Promise.resolve(void stored.push(report));
    const around = world({ writeEvent, storeReport });
    const reporter = createReporter(settings, around);
    reporter.announce(announcement());
    reporter.announce(announcement({ level: "error", message: "Canary failed!", alert: false }));
    await reporter.flush(1000);
    expect(events).to.deep.equal(["Normal Starting canary analysis for podinfo.test", "Warning Canary failed!"]);
    expect(around.lines).to.deep.equal(["info Starting canary analysis for podinfo.test", "error Canary failed!"]);
    expect(around.hooks.map(({ metadata }) => metadata["eventType"])).to.deep.equal(["Normal", "Warning"]);
    expect(around.hooks[0]?.metadata).to.include({ a: "b", eventMessage: "Starting canary analysis for podinfo.test" });
    expect(around.sent).to.have.length(1);
    await reporter.conclude({ part: "analysis", outcome: "failed", reason: "told so" }, 1000);
    expect(stored).to.have.length(1);
    expect(stored[0]?.announcements.map(({ message }) => message)).to.deep.equal([
      "Starting canary analysis for podinfo.test",
      "Canary failed!",
    ]);
    expect(stored[0]).to.deep.include({ outcome: "failed", reason: "told so" });
  });

  it("lets listeners of one step hear what is said in it, and nothing else", async () => {
    const hook = (name: string) => ({ name, type: "event" as const, url: "http://x.example.com/" });
    const steps = [{ weight: 10 }, { weight: 20, webhooks: [hook("step")] }];
    const around = world();
    const reporter = createReporter(settingsFor({ analysis: { steps, webhooks: [hook("all")] } }), around);
    for (const stage of [1, 2]) reporter.announce(announcement({ message: `step ${stage}`, stage }));
    reporter.announce(announcement({ message: "over" }));
    await reporter.flush(1000);
    expect(around.hooks.map(({ name, metadata }) => `${name}: ${metadata["eventMessage"]}`)).to.deep.equal([
      "all: step 1",
      "all: step 2",
      "step: step 2",
      "all: over",
    ]);
  });

  it("never waits longer than asked, never throws, and complains once", async () => {
    const hanging = createReporter(settingsFor(), world({ writeEvent: () => new Promise(() => undefined) }));
    hanging.announce(announcement());
    const before = performance.now();
    await hanging.flush(50);
    expect(performance.now() - before).to.be.lessThan(500);
    const around = world({ writeEvent: () => Promise.reject(new Error("the API server is away")) });
    const failing = createReporter(settingsFor(), around);
    failing.announce(announcement());
    failing.announce(announcement());
    await failing.flush(1000);
    expect(around.lines.filter((line) => line.startsWith("warning"))).to.deep.equal([
      "warning Kubernetes Events could not be told: the API server is away",
    ]);
  });

  it("never lets a run wait for its report, nor fail by it, and stores none of a run that said nothing", async () => {
    const end = { part: "analysis", outcome: "passed", reason: "" } as const;
    const signals: AbortSignal[] = [];
    const hang: StoreReport = (_report, _part, signal) => {
      signals.push(signal);
      return new Promise(() => undefined);
    };
    const hanging = createReporter(settingsFor(), world({ storeReport: hang }));
    await hanging.conclude(end, 50);
    expect(signals).to.have.length(0);
    hanging.announce(announcement());
    const before = performance.now();
    await hanging.conclude(end, 50);
    expect(performance.now() - before).to.be.lessThan(500);
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true]);
    const around = world({ storeReport: () => Promise.reject(new Error("not allowed to create configmaps")) });
    const failing = createReporter(settingsFor(), around);
    failing.announce(announcement());
    await failing.conclude(end, 1000);
    expect(around.lines.at(-1)).to.equal("warning the report could not be stored: not allowed to create configmaps");
  });

  it("sends alerts by severity", async () => {
    const alerts = [alertTo("slack", "error"), alertTo("msteams", "warn"), alertTo("gchat", "info")];
    const settings = settingsFor({ analysis: { stepWeight: 10, alerts } });
    const count = async (level: Announcement["level"]) => {
      const around = world();
      const reporter = createReporter(settings, around);
      reporter.announce(announcement({ level }));
      await reporter.flush(1000);
      return around.sent.length;
    };
    expect([await count("info"), await count("warning"), await count("error")]).to.deep.equal([1, 2, 3]);
  });
});

describe("payloads of alerts", () => {
  const at = new Date("2026-01-01T00:00:00Z");
  const request = (type: AlertSettings["provider"]["type"], changed: Partial<Announcement> = {}) =>
    alertRequest(settingsFor(), alertTo(type), announcement(changed), at);

  it("are Slack's attachments, for Discord below /slack", () => {
    const { payload } = request("slack", { level: "error" }) ?? {};
    expect(payload).to.have.property("channel", "#ops");
    expect(payload).to.have.nested.property("attachments[0].color", "danger");
    expect(payload).to.have.nested.property("attachments[0].author_name", "podinfo.test");
    expect(request("discord")?.url.href).to.equal("http://alerts.example.com/hook/slack?token=t");
    expect(request("rocket")?.url.href).to.equal("http://alerts.example.com/hook?token=t");
  });

  it("are a MessageCard for Teams and a card for Google Chat", () => {
    expect(request("msteams")?.payload).to.have.nested.property("sections[0].activitySubtitle", "podinfo.test");
    expect(request("gchat")?.payload).to.have.nested.property("cards[0].header.subtitle", "podinfo.test");
  });

  it("start and end real alerts of Alertmanager with the same labels", () => {
    const failed = request("alertmanager", { level: "error", message: "Canary failed!" });
    expect(failed?.url.pathname).to.equal("/hook/api/v2/alerts");
    const labels = { alertname: "CanaryReleaseTrouble", namespace: "test", release: "podinfo", severity: "critical" };
    expect(failed?.payload).to.have.length(1);
    expect(failed?.payload).to.have.nested.property("[0].labels").deep.equal(labels);
    expect(failed?.payload).to.have.nested.property("[0].startsAt", "2026-01-01T00:00:00.000Z");
    expect(failed?.payload).to.have.nested.property("[0].endsAt", "2026-01-02T00:00:00.000Z");
    const good = request("alertmanager");
    expect(good?.payload).to.have.nested.property("[1].labels").deep.equal(labels);
    expect(good?.payload).to.have.nested.property("[1].endsAt", "2026-01-01T00:00:00.000Z");
  });
});
