import { expect } from "chai";
import { healthy } from "../../../../fakes/index.js";
import { Harness, messageOf } from "../harness.js";

const match = [{ headers: { "x-canary": { exact: "insider" } } }];
const ab = { match, iterations: 3 };

/** Requests of a rule that a side has answered until now. */
function requests(harness: Harness, role: "canary" | "primary", rule: "base" | "match"): number {
  const { gateway } = harness.world;
  const at = harness.clock.nowMs();
  return gateway.nodes(role).reduce((sum, node) => sum + gateway.requests(role, node, at, rule), 0);
}

describe("A/B testing", () => {
  it("gives the canary all matching users and nobody else, for its iterations, and promotes", async () => {
    const harness = await Harness.atRest();
    expect(messageOf(await harness.up("r2", ab))).to.equal("succeeded");
    const splits = harness.world.weightWrites.map(({ split }) => split);
    expect(splits).to.deep.equal([{ base: 0, matched: 100 }, { base: 0 }]);
    expect(requests(harness, "canary", "base")).to.equal(0);
    expect(requests(harness, "canary", "match")).to.be.greaterThan(500);
    const lines = harness.world.messages.filter((line) => line.includes("iteration"));
    expect(lines).to.deep.equal([1, 2, 3].map((done) => `Advance podinfo.test canary iteration ${done}/3`));
    expect(
      harness.world.statuses.some(({ strategy }) => strategy?.iteration === 2 && strategy.iterations === 3),
    ).to.equal(true);
    expect(harness.isAtRest).to.equal(true);
    expect(harness.unansweredSeconds).to.equal(0);
  });

  it("walks its steps with the same users, each judged by its own metrics, and waits in between for a person", async () => {
    const harness = await Harness.atRest();
    const metrics = [{ name: "request-success-rate" as const, thresholdRange: { min: 50 } }];
    harness.world.behaviour = { ...harness.world.behaviour, canary: { ...healthy, failingShare: 0.2 } };
    const steps = [{ for: "20s", metrics }, { pause: "until approved" as const }, { for: "10s", metrics }];
    const up = harness.begin("r2", { match, steps });
    harness.clock.at(90_000, () => {
      harness.world.command("approve", "by anna");
    });
    expect(messageOf(await harness.clock.until(up))).to.equal("succeeded");
    expect(harness.world.weightWrites.map(({ split }) => split)).to.deep.equal([
      { base: 0, matched: 100 },
      { base: 0 },
    ]);
    const told = harness.world.messages.filter((line) => /matching users|Pausing/.test(line));
    expect(told).to.deep.equal([
      "Routing all matching users of podinfo.test to the canary",
      "Pausing podinfo.test at canary weight 100 until it is approved",
      "Advance podinfo.test canary step, matching users stay",
    ]);
    expect(requests(harness, "canary", "base")).to.equal(0);
  });

  it("ends in the step whose own metrics the canary breaks", async () => {
    const harness = await Harness.atRest();
    const lenient = [{ name: "request-success-rate" as const, thresholdRange: { min: 50 } }];
    harness.world.behaviour = { ...harness.world.behaviour, canary: { ...healthy, failingShare: 0.2 } };
    const up = await harness.up("r2", { match, steps: [{ for: "20s", metrics: lenient }, { for: "60s" }] });
    expect(messageOf(up)).to.contain("success rate");
    expect(harness.world.messages).to.include("Advance podinfo.test canary step, matching users stay");
    expect(harness.isAtRest).to.equal(true);
  });

  it("judges those users alone: few failures among all are many among them", async () => {
    const harness = await Harness.atRest();
    harness.world.behaviour = { ...harness.world.behaviour, canary: { ...healthy, failingShare: 0.3 } };
    expect(messageOf(await harness.up("r2", ab))).to.contain("success rate");
    expect(harness.world.weightWrites.at(-1)?.split).to.deep.equal({ base: 0 });
    expect(requests(harness, "canary", "base")).to.equal(0);
  });

  for (const [rule, to, words] of [
    ["match", "primary", /leak: \d+ of \d+ requests of users who match were answered by the primary/],
    ["base", "canary", /leak: \d+ of \d+ requests of users who are not to get it were answered by the canary/],
  ] as const)
    it(`ends at a leak of rule ${rule} to the ${to}, by name`, async () => {
      const harness = await Harness.atRest();
      const up = harness.begin("r2", ab);
      harness.clock.at(12_000, () => {
        harness.world.gateway.leak = { rule, to, share: 0.05 };
      });
      harness.clock.at(40_000, () => (harness.world.gateway.leak = undefined));
      expect(messageOf(await harness.clock.until(up))).to.match(words);
      expect(harness.isAtRest).to.equal(true);
    });

  it("takes a controller that is away for no leak: nothing is in effect yet", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(100, () => harness.world.dismissController());
    const up = harness.begin("r2", ab);
    harness.clock.at(30_000, () => harness.world.thaw());
    expect(messageOf(await harness.clock.until(up))).to.equal("succeeded");
  });

  it("puts right what a hand changes of it", async () => {
    const harness = await Harness.atRest();
    harness.whenWeightIs(100, () => harness.world.writeSplit({ base: 20, matched: 100 }, "hand"));
    await harness.up("r2", ab);
    expect(harness.world.messages).to.include(
      "The route of podinfo.test was changed from outside (canary 20%, matched users): putting matched users right",
    );
    expect(harness.isAtRest).to.equal(true);
  });
});
