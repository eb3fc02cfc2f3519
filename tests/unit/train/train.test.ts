import { expect } from "chai";
import { Fellowship, healthy } from "../../../fakes/index.js";
import type { Update, UpResult } from "../../../fakes/index.js";

type Results = Readonly<Record<string, UpResult | undefined>>;

const both = { cart: "r2", web: "r2" };

function failing(train: Fellowship, name: string): void {
  const { world } = train.member(name);
  world.behaviour = { ...world.behaviour, canary: { ...healthy, failingShare: 0.5 } };
}

/** Revision that serves all users of each member. */
function serving(train: Fellowship): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries([...train.members].map(([name, { world }]) => [name, world.primary?.revision]));
}

function expectAtRest(train: Fellowship): void {
  for (const [name, { world }] of train.members) {
    expect(world.gateway.weight, `${name}'s weight`).to.equal(0);
    expect(world.canary?.replicas ?? 0, `${name}'s canary`).to.equal(0);
    expect(world.gateway.unanswered, name).to.deep.equal([]);
  }
}

const failure = (results: Results, name: string): string => {
  const result = results[name];
  return result?.kind === "failed" ? result.message : `${name} ${result?.kind}`;
};

/** When a member first had a status that is so. */
function firstMs(train: Fellowship, name: string, phase: string): number {
  const found = train.member(name).world.statuses.find((each) => each.phase === phase);
  return Date.parse(found?.lastTransitionTime ?? "");
}

describe("train: together", () => {
  const up = (train: Fellowship, asked: Readonly<Record<string, string>> = both, update: Update = {}) =>
    train.clock.until(train.up(asked, update));

  it("is promoted when all have passed, and not before", async () => {
    const train = await Fellowship.atRest(["cart", "web"]);
    // One needs longer than the other.
    train.member("web").world.webhookAnswer = (() => {
      let asked = 0;
      return () => ((asked += 1) < 12 ? { kind: "refused", message: "not yet" } : { kind: "ok" });
    })();
    const webhooks = [{ name: "gate", type: "confirm-promotion" as const, url: "http://gate/" }];
    const results = await up(train, both, { analysis: { webhooks } });
    expect(Object.values(results).map((each) => each?.kind)).to.deep.equal(["succeeded", "succeeded"]);
    expect(serving(train)).to.deep.equal(both);
    const ready = train.member("cart").world.statuses.find((each) => each.train?.stands === "ready");
    expect(ready).to.include({ phase: "WaitingPromotion", canaryWeight: 40 });
    expect(firstMs(train, "cart", "Promoting")).to.be.greaterThan(firstMs(train, "web", "WaitingPromotion"));
    const said = train.member("cart").world.announcements.map(({ message }) => message);
    expect(said).to.include("Halt cart.test advancement waiting: train shop waits for web.test");
    expect(said).to.include("Train shop: cart.test and all others have passed");
    expectAtRest(train);
  });

  it("takes the others back with the one that fails, and says who and why", async () => {
    const train = await Fellowship.atRest(["cart", "web", "pay"]);
    failing(train, "web");
    const results = await up(train, { cart: "r2", web: "r2", pay: "r2" });
    expect(failure(results, "web")).to.match(/^web\.test: revision r2 rolled back: .*success rate/);
    for (const name of ["cart", "pay"])
      expect(failure(results, name)).to.match(
        new RegExp(`^${name}\\.test: revision r2 rolled back: train shop: web\\.test is out: .*success rate.*r1$`),
      );
    expect(serving(train)).to.deep.equal({ cart: "r1", web: "r1", pay: "r1" });
    expect(train.member("cart").world.object?.status).to.deep.include({ phase: "Failed", canaryWeight: 0 });
    expect(train.member("cart").world.object?.status?.train).to.include({ stands: "out", follows: "web.test" });
    expectAtRest(train);
  });

  it("keeps pods for a while of the one that failed, not of those that go with it", async () => {
    const train = await Fellowship.atRest(["cart", "web"]);
    failing(train, "web");
    const pods: Record<string, number | undefined>[] = [];
    const { clock } = train;
    const look = (): void => {
      const { world } = train.member("web");
      if (world.object?.status?.phase === "Failed")
        clock.at(100_000, () =>
          pods.push(Object.fromEntries([...train.members].map(([name, each]) => [name, each.world.canary?.replicas]))),
        );
      else clock.at(500, look);
    };
    clock.at(500, look);
    await up(train, both, { analysis: { abortScaleDownDelay: "5m" } });
    expect(pods).to.deep.equal([{ cart: 0, web: 1 }]);
    expectAtRest(train);
  });

  it("judges all again in the next update: what the last one left stops nobody", async () => {
    const train = await Fellowship.atRest(["cart", "web"]);
    failing(train, "web");
    await up(train);
    train.member("web").world.behaviour = { canary: healthy, primary: healthy };
    const results = await up(train);
    expect(Object.values(results).map((each) => each?.kind)).to.deep.equal(["succeeded", "succeeded"]);
    expect(serving(train)).to.deep.equal(both);
  });

  it("counts nobody without a change", async () => {
    const train = await Fellowship.atRest(["cart", "web"]);
    const results = await up(train, { cart: "r2", web: "r1" });
    expect(results["cart"]?.kind).to.equal("succeeded");
    expect(serving(train)).to.deep.equal({ cart: "r2", web: "r1" });
    const waits = train.member("cart").world.announcements.filter(({ message }) => message.includes("waits for"));
    expect(waits).to.deep.equal([]);
  });

  it("has one abort: of one member, for all", async () => {
    const train = await Fellowship.atRest(["cart", "web"]);
    train.clock.at(9_000, () => train.member("cart").world.command("abort", "wrong price (by anna)"));
    const results = await up(train);
    expect(failure(results, "web")).to.contain("train shop: cart.test is out: aborted on request: wrong price");
    expect(serving(train)).to.deep.equal({ cart: "r1", web: "r1" });
    expectAtRest(train);
  });

  it("is taken back where a member dies: by its watchdog, and the others by themselves", async () => {
    const train = await Fellowship.atRest(["cart", "web"]);
    train.startWatchdog();
    train.clock.at(9_000, () => train.processes.get("web")?.kill());
    const results = await up(train);
    expect(results["web"]).to.equal(undefined);
    expect(failure(results, "cart")).to.match(/train shop: web\.test is out: .*no sign of life/);
    expect(serving(train)).to.deep.equal({ cart: "r1", web: "r1" });
    await train.clock.pass(120_000);
    expectAtRest(train);
  });

  it("is taken back where a member dies and no watchdog is there to say so", async () => {
    const train = await Fellowship.atRest(["cart", "web"]);
    train.clock.at(9_000, () => train.processes.get("web")?.kill());
    const results = await up(train);
    expect(failure(results, "cart")).to.match(/web\.test is out: its run gave no sign of life for \d+s/);
  });

  it("does not wait for ever for a member that the update never begins", async () => {
    const train = await Fellowship.atRest(["cart", "web"]);
    const before = train.clock.nowMs();
    const results = await up(train, both, { without: ["web"] });
    expect(failure(results, "cart")).to.contain("train shop: web.test is out: it did not begin within 60s");
    expect(train.clock.nowMs() - before).to.be.lessThan(120_000);
    expectAtRest(train);
  });

  it("is out where a member is refused before it began", async () => {
    const train = await Fellowship.atRest(["cart", "web"]);
    train.member("web").world.metricsAway = true;
    const results = await up(train);
    expect(failure(results, "web")).to.contain("nothing was started");
    expect(failure(results, "cart")).to.match(/train shop: web\.test is out: .*Prometheus is away/);
    expectAtRest(train);
  });

  it("lets a member go without the others where a person says so", async () => {
    const train = await Fellowship.atRest(["cart", "web"]);
    train.clock.at(9_000, () => train.member("cart").world.command("promote", "--skip-gates hotfix (by anna)"));
    failing(train, "web");
    train.member("web").world.webhookAnswer = () => ({ kind: "refused", message: "not yet" });
    const webhooks = [{ name: "gate", type: "confirm-rollout" as const, url: "http://gate/" }];
    train.member("cart").world.webhookAnswer = () => ({ kind: "ok" });
    train.clock.at(60_000, () => train.member("web").world.command("abort", "enough"));
    const results = await up(train, both, { analysis: { webhooks } });
    expect(results["cart"]?.kind).to.equal("succeeded");
    expect(serving(train)).to.deep.equal({ cart: "r2", web: "r1" });
  });

  it("waits for the others also without checks of its own", async () => {
    const train = await Fellowship.atRest(["cart", "web"]);
    failing(train, "web");
    const results = await up(train, both, { rest: { cart: { skipAnalysis: true } } });
    expect(failure(results, "cart")).to.contain("train shop: web.test is out");
    expect(serving(train)).to.deep.equal({ cart: "r1", web: "r1" });
    expectAtRest(train);
  });

  it("brings a new member with it: the first revision of one, another one of the other", async () => {
    const train = new Fellowship(["cart", "web"], "together");
    await train.clock.until(train.up({ cart: "r1" }));
    const results = await up(train);
    expect(Object.values(results).map((each) => each?.kind)).to.deep.equal(["succeeded", "succeeded"]);
    expect(serving(train)).to.deep.equal(both);
  });
});

describe("train: whatever dies, at every journal point of a member", function () {
  this.timeout(60_000);
  const points = /^(writeStatus|setSplit|scaleCanary|claimRoute|lock\.(take|release))/;

  async function callsOf(name: string): Promise<readonly number[]> {
    const train = await Fellowship.atRest(["cart", "web"]);
    await train.clock.until(train.up(both));
    const own = train.member(name).world.calls.filter(({ process }) => process === name);
    return own.filter((call) => points.test(call.name)).map(({ index }) => index);
  }

  it("no user is left with a canary, and nobody is promoted whose fellow was taken back before it left", async () => {
    const indices = await callsOf("web");
    expect(indices.length).to.be.greaterThan(15);
    for (const index of indices) {
      const train = await Fellowship.atRest(["cart", "web"]);
      train.startWatchdog();
      const { world } = train.member("web");
      world.around = (call, perform) => {
        if (call.process === "web" && call.index === index) train.processes.get("web")?.kill();
        return Promise.resolve(perform());
      };
      await train.clock.until(train.up(both));
      await train.clock.pass(180_000);
      const { cart, web } = serving(train);
      const left = train.member("web").world.statuses.some((each) => each.train?.stands === "ready");
      if (cart === "r2") expect(left, `killed at ${index}: cart went, web never was ready`).to.equal(true);
      if (web === "r2") expect(cart, `killed at ${index}`).to.equal("r2");
      expectAtRest(train);
    }
  });
});

describe("train: in order", () => {
  it("begins with the next only when the one before is promoted", async () => {
    const train = await Fellowship.atRest(["cart", "web"], "in order");
    const results = await train.clock.until(train.up(both));
    expect(Object.values(results).map((each) => each?.kind)).to.deep.equal(["succeeded", "succeeded"]);
    expect(firstMs(train, "web", "Progressing")).to.be.at.least(firstMs(train, "cart", "Succeeded"));
    expect(train.member("web").world.object?.status?.train).to.include({ name: "shop", stands: "left" });
  });

  it("does not begin with those behind one that fails", async () => {
    const train = await Fellowship.atRest(["cart", "web"], "in order");
    failing(train, "cart");
    const results = await train.clock.until(train.up(both));
    expect(Object.keys(results)).to.deep.equal(["cart"]);
    expect(train.member("web").world.statuses).to.deep.equal([]);
  });

  it("refuses a member whose predecessor an update leaves out", async () => {
    const train = await Fellowship.atRest(["cart", "web"], "in order");
    const results = await train.clock.until(train.up(both, { without: ["cart"] }));
    expect(failure(results, "web")).to.equal(
      "web.test: train shop goes in order, and cart.test before it does not serve revision r2 yet: update that one first; nothing was started",
    );
    expectAtRest(train);
  });
});
