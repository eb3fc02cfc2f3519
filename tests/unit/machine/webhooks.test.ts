import { expect } from "chai";
import type { WebhookType } from "../../../release/settings/index.js";
import { messageOf, Harness } from "./harness.js";

const hook = (type: WebhookType) => ({ webhooks: [{ name: "hook", type, url: "http://hook/" }], stepWeight: 25 });

describe("webhooks of a release", () => {
  it("rollback: an answer of 2xx rolls the revision back", async () => {
    const harness = await Harness.atRest();
    expect(messageOf(await harness.up("r2", hook("rollback")))).to.contain(
      "rolled back: rollback was asked for by webhook hook",
    );
    expect(harness.isAtRest).to.equal(true);
  });

  it("rollback: anything else goes on", async () => {
    const harness = await Harness.atRest();
    harness.world.webhookAnswer = () => ({ kind: "refused", message: "no" });
    expect(messageOf(await harness.up("r2", hook("rollback")))).to.equal("succeeded");
  });

  it("pre-rollout: a refusal counts as a failed check, before any traffic", async () => {
    const harness = await Harness.atRest();
    harness.world.webhookAnswer = () => ({ kind: "refused", message: "answers 500" });
    expect(messageOf(await harness.up("r2", hook("pre-rollout")))).to.contain(
      "failed checks threshold reached 3: pre-rollout check hook: answers 500",
    );
    expect(harness.weights).to.deep.equal([]);
  });

  it("a closed gate raises one alert, however long it stays closed, and none where its owner mutes it", async () => {
    for (const [muteAlert, alerts] of [
      [false, 1],
      [true, 0],
    ] as const) {
      const harness = await Harness.atRest();
      const answers = { left: 4 };
      harness.world.webhookAnswer = () =>
        answers.left-- > 0 ? { kind: "refused", message: "closed" } : { kind: "ok" };
      const gate = { name: "manager", type: "confirm-rollout" as const, url: "http://hook/", muteAlert };
      await harness.up("r2", { webhooks: [gate], stepWeight: 25 });
      const told = harness.world.announcements.filter(({ message }) => message.includes("waiting for approval"));
      expect(told).to.have.length(4);
      expect(told.filter(({ alert }) => alert)).to.have.length(alerts);
    }
  });

  it("post-rollout: is called after a success and after a rollback, and decides nothing", async () => {
    for (const failingShare of [0, 1]) {
      const harness = await Harness.atRest();
      harness.world.behaviour.canary = { failingShare, slowShare: 0 };
      const phases: (string | undefined)[] = [];
      harness.world.webhookAnswer = () => {
        phases.push(harness.status?.phase);
        return { kind: "refused", message: "answers 500" };
      };
      const result = await harness.up("r2", hook("post-rollout"));
      expect(result.kind).to.equal(failingShare === 0 ? "succeeded" : "failed");
      expect(phases).to.deep.equal([failingShare === 0 ? "Succeeded" : "Failed"]);
    }
  });

  it("that hang don't keep a canary in traffic that turns bad meanwhile", async () => {
    for (const type of ["rollout", "confirm-traffic-increase", "rollback"] as const) {
      const harness = await Harness.atRest();
      const { world, clock } = harness;
      const bad = { ms: 0 };
      world.webhookAnswer = async () => {
        await clock.sleep(300_000, new AbortController().signal);
        return { kind: "refused", message: "no answer within 300 s" };
      };
      harness.whenWeightIs(25, () =>
        clock.at(30_000, () => {
          bad.ms = clock.nowMs();
          world.behaviour.canary = { failingShare: 1, slowShare: 0 };
        }),
      );
      expect(messageOf(await harness.up("r2", hook(type))), type).to.contain("success rate");
      const back = world.weightWrites.find(({ weight, atMs }) => weight === 0 && atMs >= bad.ms);
      expect((back?.atMs ?? Infinity) - bad.ms, type).to.be.lessThan(10_000);
    }
  });

  it("that are cut off by an interrupt leave no rejection that nobody handles", async () => {
    const harness = await Harness.atRest();
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", note);
    try {
      harness.world.webhookAnswer = () => new Promise(() => undefined);
      const up = harness.begin("r2", hook("rollout"));
      harness.whenWeightIs(25, () => void harness.registry.shutdown("SIGINT"));
      expect(messageOf(await harness.clock.until(up))).to.contain("interrupted: SIGINT");
      await new Promise((resolve) => setTimeout(resolve, 20));
    } finally {
      process.off("unhandledRejection", note);
    }
    expect(unhandled).to.deep.equal([]);
    expect(harness.isAtRest).to.equal(true);
  });
});
