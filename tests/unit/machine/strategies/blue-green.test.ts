import { expect } from "chai";
import { healthy } from "../../../../fakes/index.js";
import { watchUntil } from "../../watchdog/watch.js";
import { Harness, messageOf } from "../harness.js";

const preview = { header: { name: "x-preview", value: "yes" } };

function splits(harness: Harness) {
  return harness.world.weightWrites.map(({ split }) => split);
}

describe("blue/green", () => {
  it("tests the canary by its preview, moves all users at once, watches, and promotes", async () => {
    const harness = await Harness.atRest();
    expect(messageOf(await harness.up("r2", { iterations: 2, preview }))).to.equal("succeeded");
    expect(splits(harness)).to.deep.equal([{ base: 0, preview: 100 }, { base: 100 }, { base: 0 }]);
    const [first, second] = harness.world.weightWrites;
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).to.be.within(20_000, 24_000);
    expect(harness.world.statuses.some(({ canaryWeight }) => canaryWeight === 100)).to.equal(true);
    expect(harness.isAtRest).to.equal(true);
    expect(harness.unansweredSeconds).to.equal(0);
  });

  it("tests it with fewer pods, and gives it as many as the primary before any user comes", async () => {
    const harness = await Harness.atRest();
    harness.world.primary?.scale(4, harness.clock.nowMs());
    const result = await harness.up("r2", { iterations: 2, preview, previewReplicas: 1 });
    expect(messageOf(result)).to.equal("succeeded");
    const order = harness.world.calls.map(({ name }) => name).filter((name) => /^(scaleCanary|setSplit)/.test(name));
    expect(order).to.deep.equal([
      "scaleCanary 1",
      "setSplit preview",
      "scaleCanary 4",
      "setSplit 100%",
      "setSplit 0%",
      "scaleCanary 0",
    ]);
    expect(harness.unansweredSeconds).to.equal(0);
  });

  it("moves no user to a canary that fails its preview", async () => {
    const harness = await Harness.atRest();
    harness.world.behaviour = { ...harness.world.behaviour, canary: { ...healthy, failingShare: 0.5 } };
    expect(messageOf(await harness.up("r2", { iterations: 3, preview }))).to.contain("success rate");
    expect(splits(harness)).to.deep.equal([{ base: 0, preview: 100 }, { base: 0 }]);
    expect(harness.world.gateway.segments.every(({ split }) => split.base === 0)).to.equal(true);
  });

  it("takes all users back at once where only they show that it fails", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(100, () => {
      harness.world.behaviour = { ...harness.world.behaviour, canary: { ...healthy, failingShare: 0.5 } };
    });
    expect(messageOf(await harness.up("r2", { iterations: 3, preview }))).to.contain("rolled back");
    const [, there, back] = harness.world.weightWrites;
    expect((back?.atMs ?? 0) - (there?.atMs ?? 0)).to.be.below(15_000);
    expect(harness.isAtRest).to.equal(true);
  });

  it("without a preview asks its webhooks alone, before any user", async () => {
    const harness = await Harness.atRest();
    const called: number[] = [];
    harness.world.webhookAnswer = () => {
      called.push(harness.world.gateway.weight);
      return { kind: "ok" };
    };
    const webhooks = [{ name: "test", url: "http://tests/" }];
    expect(messageOf(await harness.up("r2", { iterations: 2, webhooks }))).to.equal("succeeded");
    expect(called.slice(0, 2)).to.deep.equal([0, 0]);
    expect(splits(harness)).to.deep.equal([{ base: 0 }, { base: 100 }, { base: 0 }]);
  });

  it("without a preview is taken back by webhooks that refuse, and no user was there", async () => {
    const harness = await Harness.atRest();
    harness.world.webhookAnswer = () => ({ kind: "refused", message: "503" });
    const webhooks = [{ name: "test", url: "http://tests/" }];
    const result = await harness.up("r2", { iterations: 2, webhooks });
    expect(messageOf(result)).to.contain("failed checks threshold reached 3: test: 503");
    expect(harness.weights).to.deep.equal([0]);
  });

  it("goes back in steps where the promotion is asked to", async () => {
    const harness = await Harness.atRest();
    const result = await harness.up("r2", { iterations: 1, preview, stepWeightPromotion: 50 });
    expect(messageOf(result)).to.equal("succeeded");
    expect(harness.weights).to.deep.equal([0, 100, 50, 0]);
  });

  describe("whose old revision stays for a while", () => {
    const kept = { iterations: 1, preview, scaleDownDelay: "5m" };
    const bad = (harness: Harness): void => {
      harness.world.behaviour = { ...harness.world.behaviour, canary: { ...healthy, failingShare: 0.5 } };
    };
    const waits = ({ status }: Harness): boolean => status?.strategy?.doing === "scaleDownDelay";

    it("promotes only then, and says until when", async () => {
      const harness = await Harness.atRest();
      const { world } = harness;
      const primaries = new Set<unknown>();
      world.webhookAnswer = () => {
        if (waits(harness)) primaries.add(`${world.primary?.revision} ${world.primary?.replicas}`);
        return { kind: "ok" };
      };
      const webhooks = [{ name: "look", url: "http://tests/" }];
      expect(messageOf(await harness.up("r2", { ...kept, webhooks }))).to.equal("succeeded");
      expect(splits(harness)).to.deep.equal([{ base: 0, preview: 100 }, { base: 100 }, { base: 0 }]);
      const [, there, back] = world.weightWrites;
      expect((back?.atMs ?? 0) - (there?.atMs ?? 0)).to.be.within(310_000, 330_000);
      expect([...primaries]).to.deep.equal(["r1 2"]);
      const { until = "" } = world.statuses.find(({ strategy }) => strategy?.until !== undefined)?.strategy ?? {};
      expect(Date.parse(until) - (there?.atMs ?? 0)).to.be.within(309_000, 315_000);
      expect(world.messages).to.include(
        "Keeping the old revision of podinfo.test in its primary for 5m before the promotion",
      );
      expect(harness.isAtRest).to.equal(true);
      expect(harness.unansweredSeconds).to.equal(0);
    });

    it("goes back in one move while it waits: a failure, or a person's abort", async () => {
      for (const [strike, reason] of [
        [bad, "success rate"],
        [({ world }: Harness) => world.command("abort", "enough"), "aborted on request: enough"],
      ] as const) {
        const harness = await Harness.atRest();
        const struck = { ms: 0 };
        harness.whenWeightIs(100, () =>
          harness.clock.at(120_000, () => {
            expect(waits(harness)).to.equal(true);
            struck.ms = harness.clock.nowMs();
            strike(harness);
          }),
        );
        expect(messageOf(await harness.up("r2", kept)))
          .to.contain(reason)
          .and.to.contain("the primary still serves revision r1");
        const back = harness.world.weightWrites.find(({ atMs, weight }) => atMs >= struck.ms && weight === 0);
        expect((back?.atMs ?? Infinity) - struck.ms).to.be.below(12_000);
        expect(harness.engine.promotions.map(({ revision }) => revision)).to.deep.equal(["r1"]);
        expect(harness.isAtRest).to.equal(true);
        expect(harness.unansweredSeconds).to.equal(0);
      }
    });

    it("is promoted at once where a person says so", async () => {
      const harness = await Harness.atRest();
      harness.whenWeightIs(100, () => harness.clock.at(60_000, () => harness.world.command("promote", "by anna")));
      expect(messageOf(await harness.up("r2", kept))).to.equal("succeeded");
      const [, there, back] = harness.world.weightWrites;
      expect((back?.atMs ?? 0) - (there?.atMs ?? 0)).to.be.below(80_000);
    });

    it("is taken back by the watchdog where its run dies while it waits", async () => {
      const harness = await Harness.atRest();
      harness.whenWeightIs(100, () => harness.clock.at(60_000, () => harness.process.kill()));
      await harness.clock.until(harness.process.outcome(harness.begin("r2", kept)));
      await watchUntil(harness, () => harness.isAtRest);
      expect(harness.isAtRest).to.equal(true);
      expect(harness.world.primary?.revision).to.equal("r1");
    });

    it("does not stay on the way back to a revision that served all users lately", async () => {
      const harness = await Harness.atRest();
      const window = { ...kept, rollbackWindow: { revisions: 2 } };
      await harness.up("r2", window);
      harness.world.weightWrites.length = 0;
      expect(messageOf(await harness.up("r1", window))).to.equal("succeeded");
      expect(splits(harness)).to.deep.equal([{ base: 100 }, { base: 0 }]);
      const [there, back] = harness.world.weightWrites;
      expect((back?.atMs ?? 0) - (there?.atMs ?? 0)).to.be.below(30_000);
    });
  });

  it("waits before users come where a gate is closed", async () => {
    const harness = await Harness.atRest();
    harness.world.webhookAnswer = ({ type }) =>
      type === "confirm-traffic-increase" ? { kind: "refused", message: "not yet" } : { kind: "ok" };
    const webhooks = [{ name: "gate", type: "confirm-traffic-increase" as const, url: "http://gate/" }];
    const up = harness.begin("r2", { iterations: 1, preview, webhooks });
    harness.clock.at(300_000, () => harness.world.command("approve", "by anna"));
    expect(messageOf(await harness.clock.until(up))).to.equal("succeeded");
    const moved = harness.world.weightWrites.find(({ weight }) => weight === 100)?.atMs ?? 0;
    expect(moved - (harness.world.weightWrites[0]?.atMs ?? 0)).to.be.greaterThan(250_000);
  });
});
