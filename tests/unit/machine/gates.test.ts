import { expect } from "chai";
import { askedIn } from "../../../release/model/index.js";
import { messageOf, Harness } from "./harness.js";

type GateType = "confirm-rollout" | "confirm-traffic-increase" | "confirm-promotion";

const gate = (type: GateType, name = "gate") => ({ name, type, url: `http://${name}/` });

/** A world in which every gate stays closed. */
async function closed(): Promise<Harness> {
  const harness = await Harness.atRest();
  harness.world.webhookAnswer = () => ({ kind: "refused", message: "closed" });
  return harness;
}

/** Gives a command as soon as something has been said. */
function when(harness: Harness, said: string, command: string, text: string, afterMs = 0): { atMs: number } {
  const moment = { atMs: 0 };
  const look = (): void => {
    if (!harness.world.messages.some((message) => message.includes(said))) return harness.clock.at(100, look);
    harness.clock.at(afterMs, () => {
      moment.atMs = harness.clock.nowMs();
      harness.world.command(command, text);
    });
  };
  harness.clock.at(100, look);
  return moment;
}

const limit = { deadline: "20m" };

describe("an approval", () => {
  it("opens only the gate that waits when it is given: an earlier one is cleared, and told", async () => {
    for (const type of ["confirm-traffic-increase", "confirm-promotion"] as const) {
      const harness = await closed();
      harness.whenWeightIs(25, () => harness.world.command("approve", "looks good (by anna)"));
      when(harness, "waiting for approval", "abort", "enough", 60_000);
      const result = await harness.up("r2", { webhooks: [gate(type)], stepWeight: 25, maxWeight: 25 }, limit);
      if (type === "confirm-promotion") {
        expect(messageOf(result), type).to.contain("aborted on request: enough");
        expect(harness.world.messages, type).to.include(
          "podinfo.test: approve by anna (looks good) was given before gate gate began to wait: cleared, give it again if it is meant",
        );
      }
      expect(harness.weights.at(-1)).to.equal(0);
    }
  });

  it("opens one of several gates, each for itself", async () => {
    const harness = await closed();
    const webhooks = [gate("confirm-promotion", "manager"), gate("confirm-promotion", "auditor")];
    when(harness, "waiting for approval manager", "approve", "yes (by anna)", 5_000);
    const second = when(harness, "waiting for approval auditor", "approve", "by bob", 40_000);
    expect(messageOf(await harness.up("r2", { webhooks, stepWeight: 50 }, limit))).to.equal("succeeded");
    expect(second.atMs).to.be.greaterThan(0);
    const { messages } = harness.world;
    expect(messages).to.include("podinfo.test: approve by anna (yes) opens gate manager");
    expect(messages).to.include("podinfo.test: approve by bob (no reason given) opens gate auditor");
  });

  it("is heard within seconds, however long the interval is", async () => {
    const harness = await closed();
    const moment = when(harness, "waiting for approval", "approve", "", 1_000);
    const webhooks = [gate("confirm-promotion")];
    const begun = harness.clock.nowMs();
    await harness.up("r2", { webhooks, stepWeight: 50, interval: "5m" }, { deadline: "2h" });
    const passed = harness.world.statuses.find(({ handoverDeadline }) => handoverDeadline !== undefined);
    expect(passed).not.to.equal(undefined);
    expect(Date.parse(passed?.judged?.at ?? "") - moment.atMs).to.be.within(-1_000, 5_000);
    expect(moment.atMs - begun).to.be.greaterThan(290_000);
  });

  it("is not consumed by a wait that is no gate's", async () => {
    const harness = await Harness.atRest();
    const answers = { left: 2 };
    harness.world.webhookAnswer = () => (answers.left-- > 0 ? { kind: "refused", message: "not yet" } : { kind: "ok" });
    harness.clock.at(6_000, () => harness.world.command("approve", "early"));
    await harness.up("r2", { webhooks: [{ name: "pre", type: "pre-rollout", url: "http://pre/" }], threshold: 9 });
    expect(harness.world.messages.some((message) => message.includes("opens gate"))).to.equal(false);
    expect(harness.world.object?.commands).to.deep.equal({});
  });
});

describe("promote", () => {
  const webhooks = [gate("confirm-promotion", "manager")];

  it("does not jump a closed gate before the promotion", async () => {
    const harness = await closed();
    harness.whenWeightIs(20, () => harness.world.command("promote", "hotfix (by anna)"));
    const approval = when(harness, "waiting for approval manager", "approve", "by bob", 45_000);
    expect(messageOf(await harness.up("r2", { webhooks }, limit))).to.equal("succeeded");
    expect(harness.weights).to.deep.equal([10, 20, 0]);
    const { messages } = harness.world;
    expect(messages).to.include("Promoting podinfo.test on request of anna (hotfix), without further checks");
    const passed = harness.world.statuses.find(({ judged }) => judged?.without === "onRequest");
    expect(Date.parse(passed?.judged?.at ?? "")).to.be.at.least(approval.atMs - 1_000);
  });

  it("jumps it where that is asked for as well", async () => {
    const harness = await closed();
    harness.whenWeightIs(20, () => harness.world.command("promote", "--skip-gates hotfix (by anna)"));
    const begun = harness.clock.nowMs();
    expect(messageOf(await harness.up("r2", { webhooks }, limit))).to.equal("succeeded");
    expect(harness.clock.nowMs() - begun).to.be.lessThan(60_000);
    expect(harness.world.messages).to.include(
      "Promoting podinfo.test on request of anna (hotfix), without further checks and without asking its gates",
    );
  });

  it("jumps it as soon as that is asked for, also while it waits there", async () => {
    const harness = await closed();
    harness.whenWeightIs(20, () => harness.world.command("promote", "hotfix"));
    when(harness, "waiting for approval manager", "promote", "--skip-gates now (by anna)", 20_000);
    expect(messageOf(await harness.up("r2", { webhooks }, limit))).to.equal("succeeded");
    expect(harness.world.object?.commands).to.deep.equal({});
  });

  it("judges on while it waits at that gate", async () => {
    const harness = await closed();
    harness.whenWeightIs(20, () => harness.world.command("promote", "hotfix"));
    when(harness, "waiting for approval manager", "nothing", "", 0);
    harness.whenWeightIs(20, () =>
      harness.clock.at(20_000, () => (harness.world.behaviour.canary = { failingShare: 1, slowShare: 0 })),
    );
    expect(messageOf(await harness.up("r2", { webhooks }, limit))).to.contain("success rate");
    expect(harness.isAtRest).to.equal(true);
  });
});

describe("who asked, and why", () => {
  it("is in the text of the request", () => {
    const asked = (who: string, why: string, skipGates = false) => ({ who, why, skipGates });
    expect(askedIn("not today (by anna)")).to.deep.equal(asked("anna", "not today"));
    expect(askedIn("by anna")).to.deep.equal(asked("anna", "no reason given"));
    expect(askedIn("not today")).to.deep.equal(asked("somebody", "not today"));
    expect(askedIn("")).to.deep.equal(asked("somebody", "no reason given"));
    expect(askedIn("--skip-gates")).to.deep.equal(asked("somebody", "no reason given", true));
    expect(askedIn("--skip-gates hot fix (by anna b)")).to.deep.equal(asked("anna b", "hot fix", true));
    expect(askedIn("see --skip-gates")).to.deep.equal(asked("somebody", "see --skip-gates"));
  });

  it("is told for each of them", async () => {
    const harness = await Harness.atRest();
    const { world, clock } = harness;
    harness.whenWeightIs(20, () => {
      world.command("pause", "lunch (by anna)");
      clock.at(40_000, () => world.command("pause", undefined));
      clock.at(50_000, () => world.command("abort", "wrong button (by bob)"));
    });
    await harness.up();
    expect(world.messages).to.include("podinfo.test: pause was asked by anna (lunch)");
    expect(world.messages).to.include("podinfo.test: pause was taken back");
    expect(world.messages).to.include("podinfo.test: abort was asked by bob (wrong button)");
    expect(world.messages.filter((message) => message.includes("pause was asked"))).to.have.length(1);
  });
});

describe("what was asked between a pass and its promotion", () => {
  it("is cleared and told by the promotion, but for an abort, which it obeys", async () => {
    const harness = await Harness.atRest();
    const { engine, world } = harness;
    engine.stopAfter = "analysis";
    await harness.up("r2", { stepWeight: 50 });
    world.command("promote", "again");
    world.command("pause", "lunch");
    engine.stopAfter = undefined;
    expect(messageOf(await harness.up("r2", { stepWeight: 50 }))).to.equal("succeeded");
    expect(world.messages).to.include(
      "podinfo.test: promote (again) was asked before this run began: cleared, give it again if it is meant",
    );
    expect(world.object?.commands).to.deep.equal({});
    const other = await Harness.atRest();
    other.engine.stopAfter = "analysis";
    await other.up("r2", { stepWeight: 50 });
    other.world.command("abort", "no");
    other.engine.stopAfter = undefined;
    expect(messageOf(await other.up("r2", { stepWeight: 50 }))).to.contain("aborted on request: no");
    expect(other.world.object?.commands).to.deep.equal({});
  });

  it("does not outlive a run that was refused", async () => {
    const harness = await Harness.atRest();
    harness.world.freeze();
    harness.clock.at(1_000, () => harness.world.command("pause", "now"));
    expect(messageOf(await harness.up())).to.contain("sync is frozen");
    expect(harness.world.object?.commands).to.deep.equal({});
  });
});

describe("a release that waits for people", () => {
  for (const [type, phase] of [
    ["confirm-rollout", "Waiting"],
    ["confirm-traffic-increase", "Waiting"],
    ["confirm-promotion", "WaitingPromotion"],
  ] as const)
    it(`at ${type} is ${phase}`, async () => {
      const harness = await closed();
      const seen = new Set<string | undefined>();
      when(harness, "waiting for approval", "approve", "", 15_000);
      harness.before = ({ name }) => {
        if (
          name === "readRelease" &&
          harness.world.messages.some((message) => message.includes("waiting for approval"))
        )
          seen.add(harness.status?.phase);
      };
      const webhooks = [gate(type)];
      expect(
        messageOf(
          await harness.up(
            "r2",
            { webhooks, stepWeight: 25, maxWeight: type === "confirm-traffic-increase" ? 50 : 25 },
            limit,
          ),
        ),
      ).to.equal("succeeded");
      expect(seen).to.include(phase);
      expect(harness.phases).to.include(phase);
    });

  it("is taken back when its run dies at the last gate: it has not passed", async () => {
    const { watchUntil } = await import("../watchdog/watch.js");
    const harness = await closed();
    when(harness, "waiting for approval", "nothing", "", 0);
    const kill = (): void => {
      if (harness.status?.phase === "WaitingPromotion") harness.process.kill();
      else harness.clock.at(500, kill);
    };
    harness.clock.at(500, kill);
    void harness.begin("r2", { webhooks: [gate("confirm-promotion")], stepWeight: 50 }, limit);
    await watchUntil(harness, () => harness.status?.phase === "Failed");
    expect(harness.status?.message).to.contain("no sign of life");
    expect(harness.isAtRest).to.equal(true);
  });

  it("does not lose its time at a closed gate, nor while it is paused", async () => {
    const harness = await closed();
    when(harness, "waiting for approval", "approve", "", 600_000);
    const webhooks = [gate("confirm-promotion")];
    expect(messageOf(await harness.up("r2", { webhooks, stepWeight: 50 }, { deadline: "2m" }))).to.equal("succeeded");
    const paused = await Harness.atRest();
    paused.whenWeightIs(20, () => {
      paused.world.command("pause", "lunch");
      paused.clock.at(600_000, () => paused.world.command("pause", undefined));
    });
    expect(messageOf(await paused.up("r2", {}, { deadline: "3m" }))).to.equal("succeeded");
  });
});
