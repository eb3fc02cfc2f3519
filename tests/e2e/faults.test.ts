import { expect } from "chai";
import { Cluster } from "../../bench/faults/real/cluster.js";
import type { Case } from "../../bench/faults/real/contract.js";
import { startHooks } from "../../bench/faults/real/hooks.js";
import type { Hooks } from "../../bench/faults/real/hooks.js";
import { Lane } from "../../bench/faults/real/lane.js";
import type { Point } from "../../bench/faults/real/points.js";
import { runCase } from "../../bench/faults/real/run-case.js";

// The short version of `npm run faults`: real processes, real signals, users all the while. Faults that strike
// everybody (API server, gateway) are left to the long one: other tests run beside this one.

const dangerous: readonly (readonly [fault: string, point: Point])[] = [
  ["ctrl-c-twice", "first-step"],
  ["kill-engine-and-provider", "taking-back"],
  ["abort-annotation", "waiting-promotion"],
];

describe("whatever dies", () => {
  let lane: Lane;
  let hooks: Hooks;
  before(async () => {
    hooks = await startHooks();
    lane = await Lane.open("e2e-faults", new Cluster());
  });
  after(async () => {
    hooks.stop();
    await lane.close();
  });

  for (const [fault, point] of dangerous) {
    it(`${fault} at ${point}: users, primary, plan and the next update are unharmed`, async () => {
      const each: Case = { fault, moment: { kind: "point", point }, failing: point === "taking-back" };
      const { violations, requests, secondsToRest } = await runCase(lane, each, hooks);
      expect(violations.map(({ invariant, detail }) => `${invariant}: ${detail}`)).to.deep.equal([]);
      expect(requests).to.be.greaterThan(0);
      expect(secondsToRest).to.be.lessThan(90);
    });
  }
});
