import { expect } from "chai";
import { Harness, messageOf } from "./harness.js";

const gate = [{ name: "gate", type: "confirm-promotion", url: "http://gate/" } as const];
const minutes = (count: number): number => count * 60_000;

/** A world with so little traffic. */
async function thin(requestsPerSecond: number): Promise<Harness> {
  const harness = await Harness.atRest();
  harness.world.gateway.requestsPerSecond = requestsPerSecond;
  return harness;
}

describe("a release that waits for requests", function () {
  this.timeout(60_000);

  it("waits as long as it takes, and says how long that is", async () => {
    const harness = await thin(0.5);
    const startMs = harness.clock.nowMs();
    expect(messageOf(await harness.up())).to.equal("succeeded");
    expect(harness.clock.nowMs() - startMs).to.be.greaterThan(minutes(7));
    expect(harness.world.messages.join("\n")).to.match(
      /only \d of 10 requests since the last change of weight; at 0\.\d+ requests\/s this takes about \d+ (seconds|minutes)/,
    );
  });

  it("has a deadline that knows the traffic: hours, where a plan needs them", async () => {
    const harness = await thin(0.02);
    const startMs = harness.clock.nowMs();
    expect(messageOf(await harness.up("r2", { interval: "1m", checkInterval: "20s" }))).to.equal("succeeded");
    expect(harness.clock.nowMs() - startMs).to.be.greaterThan(minutes(150));
  });

  it("ends at a deadline that somebody set, whatever the traffic", async () => {
    const harness = await thin(0.02);
    expect(messageOf(await harness.up("r2", {}, { deadline: "30m" }))).to.contain(
      "rolled back: not decided within the deadline of 1800s",
    );
    expect(harness.isAtRest).to.equal(true);
  });

  it("is not hurried while people are waited for: a closed gate doesn't count", async () => {
    const harness = await Harness.atRest();
    const gateState = { open: false };
    harness.world.webhookAnswer = () => (gateState.open ? { kind: "ok" } : { kind: "refused", message: "closed" });
    harness.whenWeightIs(50, () => harness.clock.at(minutes(150), () => (gateState.open = true)));
    expect(messageOf(await harness.up("r2", { webhooks: gate, checkInterval: "10s" }))).to.equal("succeeded");
  });

  it("gives up where no request comes at all", async () => {
    const harness = await thin(0);
    expect(messageOf(await harness.up("r2", { inconclusiveLimit: 3 }))).to.contain("without enough data (limit 3)");
  });
});

describe("a release that can't be decided", function () {
  this.timeout(60_000);

  const held = { onUndecided: "hold", consecutiveErrorLimit: 3 } as const;

  it("is held for a person where that was asked, told once, and never promoted by itself", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(20, () => {
      harness.world.metricsAway = true;
      harness.clock.at(minutes(2), () => (harness.world.metricsAway = false));
      harness.clock.at(minutes(90), () => harness.world.command("abort", "enough"));
    });
    expect(messageOf(await harness.up("r2", held))).to.contain("rolled back: aborted on request: enough");
    expect(harness.weights).to.deep.equal([10, 20, 0]);
    const told = harness.world.announcements.filter(({ message }) => message.includes("held until it is promoted"));
    expect(told).to.have.length(1);
    expect(told[0]).to.deep.include({ alert: true });
  });

  it("goes on checking meanwhile: what turns bad is rolled back", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(20, () => {
      harness.world.metricsAway = true;
      harness.clock.at(minutes(2), () => {
        harness.world.metricsAway = false;
        harness.world.behaviour.canary = { failingShare: 1, slowShare: 0 };
      });
    });
    expect(messageOf(await harness.up("r2", held))).to.contain("rolled back: success rate");
  });

  it("is promoted by whoever says so", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(20, () => {
      harness.world.metricsAway = true;
      harness.clock.at(minutes(3), () => {
        harness.world.metricsAway = false;
        harness.world.command("promote", "I have looked");
      });
    });
    expect(messageOf(await harness.up("r2", held))).to.equal("succeeded");
  });

  it("is held at its deadline, too", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(10, () => harness.clock.at(minutes(20), () => harness.world.command("abort", "enough")));
    const result = await harness.up("r2", held, { deadline: "25s" });
    expect(messageOf(result)).to.contain("aborted on request");
    expect(harness.world.messages.join("\n")).to.contain("not decided within the deadline of 25s; held until");
  });
});

describe("what both versions do alike", () => {
  it("doesn't keep a release from its promotion, and is told with an alert", async () => {
    const harness = await Harness.atRest();
    harness.world.behaviour = {
      canary: { failingShare: 0.05, slowShare: 0 },
      primary: { failingShare: 0.05, slowShare: 0 },
    };
    expect(messageOf(await harness.up())).to.equal("succeeded");
    const told = harness.world.announcements.filter(({ message }) => message.includes("both versions alike"));
    expect(told.at(-1)).to.deep.include({ level: "warning", alert: true });
    expect(told.at(-1)?.message).to.match(/^podinfo\.test: success rate 9\d\.\d\d% < 99% \(canary: .*, primary: /);
  });
});

describe("before any user is sent to a canary", () => {
  async function refusedWith(reading: object): Promise<string> {
    const harness = await Harness.atRest();
    const { around } = harness.world;
    harness.world.around = (call, perform) =>
      call.name.startsWith("metrics")
        ? around(call, () => reading as ReturnType<typeof perform>)
        : around(call, perform);
    const message = messageOf(await harness.up());
    expect(harness.weights).to.deep.equal([]);
    return message;
  }

  it("a gateway that can't be judged by is named, with what to do", async () => {
    const lacking = {
      kind: "error",
      answered: true,
      message: "Prometheus: the gateway's http_status has no label node",
    };
    expect(await refusedWith(lacking)).to.match(/has no label node; nothing was started$/);
  });

  it("so is one that loses counts just now", async () => {
    const points = [1, 2, 3].map((value) => ({ timeMs: value * 1000, value }));
    const labels = {
      id: "e",
      instance: "gw-1",
      node: "",
      code: "",
      upstreamStatus: undefined,
      upstreamAddress: undefined,
    };
    const series = [{ ...labels, kind: "metricErrors", upperBoundMs: undefined, points }];
    expect(await refusedWith({ kind: "reading", series, custom: [] })).to.match(
      /can't be judged: apisix_nginx_metric_errors_total of gw-1 rose by 2 just now: .*; nothing was started$/,
    );
  });
});
