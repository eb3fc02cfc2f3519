import { expect } from "chai";
import { runVirtualFaults } from "../../../bench/faults/virtual/index.js";
import { playCase } from "../../../bench/faults/virtual/case.js";
import { faultKinds } from "../../../bench/faults/virtual/kinds.js";
import { stories } from "../../../bench/faults/virtual/stories.js";

/** The short version of `npm run faults`: at every call that writes or locks; there it is every call of every port. */
describe("whatever dies, nothing is lost", function () {
  this.timeout(120_000);

  for (const { name } of faultKinds)
    it(`${name}, at every journal point`, async () => {
      const { virtualCases, violations } = await runVirtualFaults({
        points: "journal",
        faults: [name],
        stories: ["promote", "rollback"],
      });
      expect(violations).to.deep.equal([]);
      expect(virtualCases).to.be.greaterThan(30);
    });

  const others = stories.filter(({ name }) => name !== "promote" && name !== "rollback");
  for (const { name } of others)
    it(`${name}: crash, a hand on the route, gateways that hang`, async () => {
      const faults = ["crash", "route-edited", "gateway-hangs"];
      const { virtualCases, violations } = await runVirtualFaults({ points: "journal", faults, stories: [name] });
      expect(violations).to.deep.equal([]);
      expect(virtualCases).to.be.greaterThan(50);
    });

  it("and the invariants would notice: a rule that leads to the canary where nobody has planned it", async () => {
    const story = stories.find(({ name }) => name === "ab-promote");
    const sneaky = {
      name: "sneaky",
      moments: ["before"],
      strike: ({ world }: Parameters<(typeof faultKinds)[number]["strike"]>[0]) =>
        world.writeSplit({ base: 0, matched: 100, mirrorPercent: 5 }, "run"),
      endsTheRun: false,
      excusedMs: 0,
    } as const;
    if (story === undefined) throw new Error("no story");
    const found = await playCase({ story, kind: sneaky, index: 60, when: "before", helper: "watchdog" });
    expect(found.map(({ invariant }) => invariant)).to.include("weight above its plan");
  });

  it("and the invariants would notice: a member of a train that is told its fellow were ready", async () => {
    const story = stories.find(({ name }) => name === "train-rollback");
    const liar = {
      name: "liar",
      moments: ["before"],
      strike: ({ world }: Parameters<(typeof faultKinds)[number]["strike"]>[0]) =>
        (world.members = new Map([["fellow", world]])),
      endsTheRun: false,
      excusedMs: 0,
    } as const;
    if (story === undefined) throw new Error("no story");
    const found = await playCase({ story, kind: liar, index: 1, when: "before", helper: "watchdog" });
    expect(found.map(({ invariant }) => invariant)).to.include("one verdict for all of a train");
  });

  it("and the next update is played from each remains: one that trips over them is found after any number of good ones", async () => {
    const [promote] = stories;
    if (promote === undefined) throw new Error("no story");
    const kind = (name: string, strike: (typeof faultKinds)[number]["strike"]) => ({
      ...{ name, moments: ["before"] as const, strike, endsTheRun: false, excusedMs: 0 },
    });
    const nothing = kind("nothing", () => undefined);
    const walked = new Set<string>();
    const play = (each: typeof nothing, index: number) =>
      playCase({ story: promote, kind: each, index, when: "before", helper: "watchdog" }, walked);
    expect(await play(nothing, 20)).to.deep.equal([]);
    expect(await play(nothing, 40)).to.deep.equal([]);
    expect(walked.size).to.equal(1);
    const theft = kind("theft", ({ world }) => {
      if (world.canary !== undefined) world.canary.owner = "foreign";
    });
    for (const index of [150, 160]) {
      const found = await play(theft, index);
      expect(found.map(({ invariant }) => invariant)).to.include("next run works");
    }
  });

  it("and the invariants would notice: somebody takes the pods under users, and nobody is excused", async () => {
    const [promote] = stories;
    const rude = {
      name: "rude",
      moments: ["before"],
      strike: (fixture: Parameters<(typeof faultKinds)[number]["strike"]>[0]) =>
        fixture.world.canary?.scale(0, fixture.clock.nowMs()),
      endsTheRun: false,
      excusedMs: 0,
    } as const;
    if (promote === undefined) throw new Error("no story");
    const found = await playCase({ story: promote, kind: rude, index: 90, when: "before", helper: "watchdog" });
    expect(found.map(({ invariant }) => invariant)).to.include("users answered");
  });
});
