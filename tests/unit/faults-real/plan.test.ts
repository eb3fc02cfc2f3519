import { expect } from "chai";
import { faults } from "../../../bench/faults/real/catalogue.js";
import { describeMoment, planCases, realStories, storyOf, wantsSeries } from "../../../bench/faults/real/plan.js";
import { isAt } from "../../../bench/faults/real/points.js";
import type { ReleaseView } from "../../../bench/faults/real/observer.js";
import { strategyFaults, strategyNames } from "../../../bench/faults/real/strategies.js";
import { refuseUnknownStories } from "../../../bench/faults/story-names.js";

const view: ReleaseView = {
  phase: "Progressing",
  message: "",
  doing: "weight",
  stands: "",
  weight: 20,
  primaryWeight: 80,
  split: "20%",
  unrest: "app is 80/20",
  passed: "",
  promoted: "r1",
  primaryRevision: "r1",
  primaryImage: "app:1",
  canaryReplicas: 1,
};

describe("the plan of real faults", () => {
  it("has every fault at three points at least, and forty random cases", () => {
    const cases = planCases({});
    for (const { name } of faults) {
      const moments = cases.filter(({ fault, moment }) => fault === name && moment.kind === "point");
      expect(moments.length, name).to.be.at.least(3);
    }
    expect(cases.filter(({ moment }) => moment.kind === "after")).to.have.length(40);
  });

  it("strikes the gateways at three points of either story, and a healthy release must be promoted", () => {
    for (const name of ["gateway-pod-deleted", "gateway-scaled", "gateway-master-killed"]) {
      const cases = planCases({ only: [name], random: 0 });
      for (const failing of [false, true])
        expect(new Set(cases.filter((each) => each.failing === failing).map(describeMoment)).size, name).to.equal(3);
      expect(faults.find((fault) => fault.name === name)?.isWeather).to.equal(true);
    }
  });

  it("is the same for the same seed, and another for another", () => {
    expect(planCases({ seed: 7 })).to.deep.equal(planCases({ seed: 7 }));
    expect(planCases({ seed: 7 })).not.to.deep.equal(planCases({ seed: 8 }));
  });

  it("leaves out what takes minutes, where that is asked for and from the random cases", () => {
    const names = (skipLong: boolean): readonly string[] => planCases({ skipLong }).map(({ fault }) => fault);
    expect(names(true)).not.to.include("api-server-away-5m");
    expect(names(false).filter((name) => name === "api-server-away-5m")).to.have.length(3);
  });

  it("falls into two parts: what strikes one release, and what strikes everybody", () => {
    const all = planCases({});
    const parts = (["one", "everybody"] as const).map((strikes) => planCases({ strikes }));
    expect(parts.flat())
      .to.have.length(all.length)
      .and.to.have.deep.members([...all]);
    expect(parts.map(({ length }) => length).every((length) => length > 20)).to.equal(true);
  });

  it("narrows to a fault, or to a fault at one point", () => {
    const only = (...names: readonly string[]) => planCases({ only: names, random: 0 });
    expect(only("kill-engine").map(({ fault }) => fault)).to.deep.equal(Array(4).fill("kill-engine"));
    expect(only("kill-engine@promoting").map(describeMoment)).to.deep.equal(["promoting"]);
    expect(planCases({ only: ["random"], random: 5 })).to.have.length(5);
    expect(planCases({ short: true }).length).to.be.within(3, 8);
  });
});

describe("the plan of the strategies' real faults", () => {
  const told = (options: Parameters<typeof planCases>[0]) =>
    planCases(options).filter(({ strategy }) => strategy !== undefined);

  it("has every fault once for each strategy, and each strategy with a healthy and a failing revision", () => {
    const cases = told({});
    const strategies = strategyNames.filter((name) => name !== "weights");
    expect(cases).to.have.length(strategies.length * strategyFaults.length);
    for (const name of strategies) {
      const own = cases.filter(({ strategy }) => strategy === name);
      expect(
        own.map(({ fault }) => fault),
        name,
      ).to.have.members([...strategyFaults]);
      expect(new Set(own.map(({ failing }) => failing)).size, name).to.equal(2);
    }
  });

  it("has each at each point where every point is asked for, and the usual ones are among them", () => {
    const every = told({ everyPoint: true });
    expect(every.length).to.be.greaterThan(100);
    expect(every).to.deep.include.members([...told({})]);
  });

  it("narrows to stories, of which a strategy has two, without what else the classic ones have", () => {
    expect(new Set(planCases({ story: ["ab", "train-rollback"] }).map(storyOf))).to.deep.equal(
      new Set(["ab-promote", "ab-rollback", "train-rollback"]),
    );
    expect(new Set(planCases({ story: ["rollback"] }).map(storyOf))).to.deep.equal(new Set(["rollback"]));
    const one = planCases({ story: ["mirror"], only: ["gateway-pod-deleted"] });
    expect(one.map(storyOf)).to.deep.equal(["mirror-promote"]);
    expect(wantsSeries({ story: ["ab"] })).to.equal(false);
    expect(planCases({ only: ["strategies"] })).to.deep.equal(told({}));
  });

  it("refuses a story that nobody tells", () => {
    expect(() => refuseUnknownStories(["ab", "promote"], realStories)).not.to.throw();
    expect(() => refuseUnknownStories(["ab", "purple"], realStories)).to.throw(/no story purple; one of promote/);
  });
});

describe("the points of a release", () => {
  it("are told apart by phase and share", () => {
    expect(isAt("scaling-up", { ...view, weight: 0 }, 0)).to.equal(true);
    expect(isAt("scaling-up", { ...view, weight: 0, canaryReplicas: 0 }, 0)).to.equal(false);
    expect(isAt("scaling-up", view, 20)).to.equal(false);
    expect(isAt("first-step", view, 20)).to.equal(true);
    expect(isAt("last-step", view, 20)).to.equal(false);
    expect(isAt("last-step", { ...view, weight: 50 }, 50)).to.equal(true);
    expect(isAt("taking-back", { ...view, weight: 0 }, 0)).to.equal(false);
    expect(isAt("taking-back", { ...view, weight: 0 }, 20)).to.equal(true);
    expect(isAt("waiting-promotion", { ...view, phase: "WaitingPromotion" }, 50)).to.equal(true);
    expect(isAt("promoting", { ...view, phase: "Finalising" }, 50)).to.equal(true);
    expect(isAt("promoting", view, 50)).to.equal(false);
    expect(isAt("pausing", { ...view, doing: "pause" }, 20)).to.equal(true);
    expect(isAt("pausing", view, 20)).to.equal(false);
    expect(isAt("previewing", { ...view, doing: "preview", weight: 100 }, 100)).to.equal(true);
    expect(isAt("previewing", { ...view, doing: "preview", weight: 0 }, 0)).to.equal(false);
    expect(isAt("mirroring", { ...view, doing: "mirror", weight: 50 }, 50)).to.equal(true);
    expect(isAt("all-users", { ...view, doing: "allUsers", weight: 100 }, 100)).to.equal(true);
    expect(isAt("all-users", { ...view, doing: "mirror", weight: 100 }, 100)).to.equal(false);
  });
});
