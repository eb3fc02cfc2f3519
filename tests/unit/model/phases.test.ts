import { expect } from "chai";
import { isUnderWay, mayFollow, phases } from "../../../release/model/index.js";
import type { Phase } from "../../../release/model/index.js";
import { portsOf, settingsFor } from "../../../fakes/index.js";
import { withLock } from "../../../release/machine/lock.js";
import { Harness } from "../machine/harness.js";

/** What follows each phase, told once more by hand. */
const table: Readonly<Record<Phase, string>> = {
  Initializing: "Initialized Progressing Promoting Succeeded Failed",
  Initialized: "Initializing Progressing Promoting Succeeded Failed",
  Waiting: "Initializing Progressing Failed",
  Progressing: "Initializing Waiting WaitingPromotion Failed",
  WaitingPromotion: "Initializing Initialized Progressing Promoting Succeeded Failed",
  Promoting: "Initializing Initialized Progressing Finalising Succeeded Failed",
  Finalising: "Initializing Initialized Progressing Promoting Succeeded Failed",
  Succeeded: "Initializing Initialized Progressing Promoting Failed",
  Failed: "Initializing Initialized Progressing Promoting Succeeded",
  Terminating: "Failed",
};

describe("the phases of a release", () => {
  it("follow each other as the table says", () => {
    for (const phase of phases) {
      const next = phases.filter((each) => each !== phase && mayFollow(phase, each));
      expect(next, phase).to.have.members(table[phase].split(" "));
      expect(mayFollow(phase, phase), phase).to.equal(true);
    }
  });

  it("always allow a rollback, and never a promotion of what was not judged", () => {
    for (const phase of phases) expect(mayFollow(phase, "Failed"), phase).to.equal(true);
    expect(phases.filter((each) => mayFollow(each, "WaitingPromotion"))).to.have.members([
      "Progressing",
      "WaitingPromotion",
    ]);
    expect(phases.filter((each) => mayFollow(each, "Finalising"))).to.have.members(["Promoting", "Finalising"]);
  });

  it("are under way from the first gate to the last drain", () => {
    expect(phases.filter(isUnderWay)).to.deep.equal([
      "Waiting",
      "Progressing",
      "WaitingPromotion",
      "Promoting",
      "Finalising",
    ]);
  });

  it("are walked by a release that is promoted, and by one that waits at a gate and is rolled back", async () => {
    const good = await Harness.atRest();
    await good.up();
    expect(good.phases).to.deep.equal(["Progressing", "WaitingPromotion", "Promoting", "Finalising", "Succeeded"]);
    const bad = await Harness.atRest();
    let closed = true;
    bad.world.webhookAnswer = () => (closed ? { kind: "refused", message: "closed" } : { kind: "ok" });
    bad.clock.at(20_000, () => (closed = false));
    bad.world.behaviour.canary = { failingShare: 1, slowShare: 0 };
    const webhooks = [{ name: "gate", type: "confirm-rollout", url: "http://gate/" } as const];
    await bad.up("r2", { webhooks });
    expect(bad.phases).to.deep.equal(["Progressing", "Waiting", "Progressing", "Failed"]);
  });

  it("can't be set past the table: the journal refuses", async () => {
    const harness = await Harness.atRest();
    const run = await openRun(harness);
    expect(() => run.journal({ phase: "Finalising" })).to.throw(
      "podinfo.test: phase Initialized can't be followed by Finalising",
    );
  });
});

function openRun({ world, clock }: Harness) {
  const ports = portsOf(world);
  return clock.until(withLock(settingsFor("r2"), ports, new AbortController().signal, (run) => Promise.resolve(run)));
}
