import { expect } from "chai";
import { startTraffic } from "../../../sandbox/users/index.js";
import type { Tally } from "../../../sandbox/users/index.js";
import { eventually } from "../harness/cluster.js";
import { quickJudgement, Scene } from "../harness/scene.js";
import { hostOf } from "../harness/stacks.js";

const name = "insiders";
const host = hostOf(name);

/** Who matches, by each of two entries, and who nearly does. */
const matching = [{ "X-Insider": "yes" }, { Cookie: "a=b; beta=always" }];
const others = [{ "X-Insider": "Yes" }, { Cookie: "beta=sometimes" }, {}];

describe("A/B: users who match", () => {
  let scene: Scene;
  before(async () => {
    scene = await Scene.open(name, {
      ...quickJudgement,
      iterations: 25,
      match: [{ headers: { "X-Insider": { exact: "yes" } } }, { cookies: { beta: { regex: "^(always|beta)$" } } }],
    });
  });
  after(() => scene.close());

  const start = (headers: Readonly<Record<string, string>>) => startTraffic({ host, perSecond: 70, headers });
  const countOf = (tallies: readonly Tally[], version: string): number =>
    tallies.reduce((sum, { byVersion }) => sum + (byVersion.get(version)?.total ?? 0), 0);

  it("have the canary, all of them and nobody else, until it is promoted: no leak in 5,000 requests", async () => {
    // The rest of the users comes all the time, those who match while the canary is theirs.
    const rest = others.map(start);
    const running = scene.up("1.0.1");
    await eventually("the matching users are the canary's", 200, async () => (await scene.split()).matched === 100);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const insiders = matching.map(start);
    const before = rest.map(({ tally }) => tally.total).reduce((a, b) => a + b, 0);
    await new Promise((resolve) => setTimeout(resolve, 18_500));
    expect(await scene.split()).to.deep.equal({ base: 0, matched: 100 });
    const met = await Promise.all(insiders.map((each) => each.stop()));
    const leaked = countOf(
      rest.map(({ tally }) => tally),
      "1.0.1",
    );
    const during = rest.map(({ tally }) => tally.total).reduce((a, b) => a + b, 0) - before;
    const again = matching.map(start);
    const update = await running;
    const tallies = await Promise.all([...rest, ...again].map((each) => each.stop()));
    expect(update.failed, update.output).to.equal(false);
    expect(leaked, "users who don't match").to.equal(0);
    expect(countOf(met, "1.0.0"), "users who match").to.equal(0);
    expect(during + countOf(met, "1.0.1")).to.be.greaterThan(5_000);
    [...tallies, ...met].forEach((tally) => expect(tally.failed, tally.samples.join("\n")).to.equal(0));
    expect(update.output).to.contain("canary iteration 25/25");
    await scene.expectAtRest("Succeeded", "1.0.1");
  });

  it("lose a failing canary within seconds, and nobody else ever had it", async () => {
    const rest = others.map(start);
    const insiders = matching.map(start);
    const update = await scene.up("1.0.2", { FAIL_PERCENT: "100" });
    const [met, left] = [
      await Promise.all(insiders.map((e) => e.stop())),
      await Promise.all(rest.map((e) => e.stop())),
    ];
    expect(update.failed, update.output).to.equal(true);
    expect(update.output).to.match(/success rate [\d.]+% < 99%/);
    expect(countOf(left, "1.0.2")).to.equal(0);
    left.forEach((tally) => expect(tally.failed, tally.samples.join("\n")).to.equal(0));
    met.forEach((tally) => expect(tally.failed).to.equal(tally.byVersion.get("1.0.2")?.failed ?? 0));
    await scene.expectAtRest("Failed", "1.0.1");
  });
});

describe("A/B in steps", () => {
  const inSteps = "in-steps";
  const users = (headers: Readonly<Record<string, string>>) =>
    startTraffic({ host: hostOf(inSteps), perSecond: 60, headers });
  let scene: Scene;
  before(async () => {
    scene = await Scene.open(inSteps, {
      ...quickJudgement,
      match: [{ headers: { "X-Insider": { exact: "yes" } } }],
      steps: [
        { for: "4s", metrics: [{ name: "request-success-rate", thresholdRange: { min: 50 } }] },
        { pause: "2s" },
        { for: "4s", replicas: 2 },
      ],
    });
  });
  after(() => scene.close());

  it("moves who matches once, walks on with them, and promotes", async () => {
    const [insiders, rest] = [users({ "X-Insider": "yes" }), users({})];
    const watch = scene.watchSplits();
    const update = await scene.up("1.0.1");
    const splits = await watch.stop();
    const tallies = await Promise.all([insiders.stop(), rest.stop()]);
    expect(update.failed, update.output).to.equal(false);
    tallies.forEach((tally) => expect(tally.failed, tally.samples.join("\n")).to.equal(0));
    expect(splits.map(({ split }) => split.matched ?? 0)).to.deep.equal([0, 100, 0]);
    expect(update.output).to.match(/Pausing .* at canary weight 100 for 2s/);
    expect(update.output).to.contain("canary step, matching users stay");
    await scene.expectAtRest("Succeeded", "1.0.1");
  });

  it("takes a canary back in the step that asks more of it", async () => {
    const [insiders, rest] = [users({ "X-Insider": "yes" }), users({})];
    const update = await scene.up("1.0.2", { FAIL_PERCENT: "20" });
    const [met, left] = await Promise.all([insiders.stop(), rest.stop()]);
    expect(update.failed, update.output).to.equal(true);
    expect(update.output).to.contain("canary step, matching users stay");
    expect(update.output).to.match(/success rate [\d.]+% < 99%/);
    expect(met.failed).to.equal(met.byVersion.get("1.0.2")?.failed ?? 0);
    expect(left.failed, left.samples.join("\n")).to.equal(0);
    await scene.expectAtRest("Failed", "1.0.1");
  });
});
