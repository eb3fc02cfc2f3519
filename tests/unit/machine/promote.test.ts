import { expect } from "chai";
import { messageOf, Harness } from "./harness.js";

describe("a release that is good", () => {
  it("starts with the first revision, which nobody has to judge", async () => {
    const harness = new Harness();
    expect(await harness.up("r1")).to.deep.equal({ kind: "succeeded", analysis: "initialized" });
    expect(harness.weights).to.deep.equal([]);
    expect(harness.status).to.deep.include({ phase: "Initialized", promotedRevision: "r1", canaryWeight: 0 });
    expect(harness.world.messages).to.include("Initialization done! podinfo.test");
  });

  it("is promoted step by step, and ends at rest", async () => {
    const harness = await Harness.atRest();
    const result = await harness.up();
    expect(result, messageOf(result)).to.deep.equal({ kind: "succeeded", analysis: "passed" });
    expect(harness.weights).to.deep.equal([10, 20, 30, 40, 50, 0]);
    expect(harness.phases.filter((phase) => phase !== "Initialized")).to.deep.equal([
      "Progressing",
      "WaitingPromotion",
      "Promoting",
      "Finalising",
      "Succeeded",
    ]);
    expect(harness.isAtRest).to.equal(true);
    expect(harness.status).to.deep.include({ promotedRevision: "r2", plannedWeight: 0 });
    expect(harness.unansweredSeconds).to.equal(0);
  });

  it("is announced in Flagger's words", async () => {
    const harness = await Harness.atRest();
    await harness.up("r2", { stepWeight: 50 });
    expect(harness.world.messages).to.deep.equal([
      "New revision detected! Scaling up podinfo.test",
      "canary deployment podinfo.test not ready: waiting for rollout to finish: 0 of 1 (readyThreshold 100%) updated replicas are available",
      "Starting canary analysis for podinfo.test",
      "Advance podinfo.test canary weight 50",
      "Copying podinfo.test template spec to podinfo-primary.test",
      "podinfo-primary.test not ready: waiting for rollout to finish: 0 of 2 (readyThreshold 100%) updated replicas are available",
      "Routing all traffic to primary",
      "Promotion completed! Scaling down podinfo.test",
    ]);
  });

  it("writes each weight into the journal before it writes it on the route", async () => {
    const harness = await Harness.atRest();
    await harness.up();
    for (const { weight, journal } of harness.world.weightWrites) expect(journal?.canaryWeight).to.equal(weight);
  });

  it("goes back to the primary in steps where a step size is given", async () => {
    const harness = await Harness.atRest();
    await harness.up("r2", { stepWeight: 40, maxWeight: 40, stepWeightPromotion: 15 });
    expect(harness.weights).to.deep.equal([40, 25, 10, 0]);
  });

  it("is not judged where that is not wanted, but must get ready", async () => {
    const harness = await Harness.atRest();
    const result = await harness.up("r2", {}, { skipAnalysis: true });
    expect(result).to.deep.equal({ kind: "succeeded", analysis: "skipped" });
    expect(harness.weights).to.deep.equal([]);
    expect(harness.isAtRest).to.equal(true);
    expect(harness.status?.promotedRevision).to.equal("r2");
  });

  it("with skipAnalysis and an image that can't start is rolled back; the primary is intact", async () => {
    const harness = await Harness.atRest();
    harness.world.startTrouble = { canary: "pod podinfo-1: ImagePull: not found" };
    harness.before = ({ name }) => {
      if (name === "scaleCanary 1" && harness.world.canary !== undefined) harness.world.canary.broken = true;
    };
    expect(messageOf(await harness.up("r2", {}, { skipAnalysis: true }))).to.match(
      /^podinfo\.test: revision r2 rolled back: canary deployment podinfo\.test not ready: .*; pod podinfo-1: ImagePull: not found \(after 60s\); the primary still serves revision r1$/,
    );
    expect(harness.world.primary?.revision).to.equal("r1");
    expect(harness.isAtRest).to.equal(true);
  });

  it("does nothing when it is promoted already", async () => {
    const harness = await Harness.atRest();
    await harness.up();
    const before = harness.world.weightWrites.length;
    harness.engine.state.delete("analysis");
    harness.engine.state.delete("promotion");
    expect(await harness.up()).to.deep.equal({ kind: "succeeded", analysis: "alreadyPromoted" });
    expect(harness.world.weightWrites).to.have.length(before);
  });

  it("waits for its load test's answer without calling it a failure", async () => {
    const harness = await Harness.atRest();
    const asked: string[] = [];
    harness.world.webhookAnswer = ({ name }) => {
      asked.push(name);
      return { kind: "ok" };
    };
    await harness.up("r2", { stepWeight: 50, webhooks: [{ name: "load", url: "http://loadtester/" }] });
    expect(asked).to.deep.equal(["load"]);
  });
});
