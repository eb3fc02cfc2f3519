import { expect } from "chai";
import { faults } from "../../../bench/faults/real/catalogue.js";
import { describeMoment, planCases } from "../../../bench/faults/real/plan.js";
import { isAt } from "../../../bench/faults/real/points.js";
import type { ReleaseView } from "../../../bench/faults/real/observer.js";

const view: ReleaseView = {
  phase: "Progressing",
  message: "",
  weight: 20,
  primaryWeight: 80,
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

describe("the points of a release", () => {
  it("are told apart by phase and share", () => {
    expect(isAt("first-step", view, 20)).to.equal(true);
    expect(isAt("last-step", view, 20)).to.equal(false);
    expect(isAt("last-step", { ...view, weight: 50 }, 50)).to.equal(true);
    expect(isAt("taking-back", { ...view, weight: 0 }, 0)).to.equal(false);
    expect(isAt("taking-back", { ...view, weight: 0 }, 20)).to.equal(true);
    expect(isAt("waiting-promotion", { ...view, phase: "WaitingPromotion" }, 50)).to.equal(true);
    expect(isAt("promoting", { ...view, phase: "Finalising" }, 50)).to.equal(true);
    expect(isAt("promoting", view, 50)).to.equal(false);
  });
});
