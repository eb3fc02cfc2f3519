import { expect } from "chai";
import { messageOf, Theatre } from "./theatre.js";

describe("a release that is good", () => {
  it("starts with the first revision, which nobody has to judge", async () => {
    const theatre = new Theatre();
    expect(await theatre.up("r1")).to.deep.equal({ kind: "succeeded", analysis: "initialized" });
    expect(theatre.weights).to.deep.equal([]);
    expect(theatre.status).to.deep.include({ phase: "Initialized", promotedRevision: "r1", canaryWeight: 0 });
    expect(theatre.world.messages).to.include("Initialization done! podinfo.test");
  });

  it("is promoted step by step, and ends at rest", async () => {
    const theatre = await Theatre.atRest();
    const result = await theatre.up();
    expect(result, messageOf(result)).to.deep.equal({ kind: "succeeded", analysis: "passed" });
    expect(theatre.weights).to.deep.equal([10, 20, 30, 40, 50, 0]);
    expect(theatre.phases.filter((phase) => phase !== "Initialized")).to.deep.equal([
      "Progressing",
      "WaitingPromotion",
      "Promoting",
      "Finalising",
      "Succeeded",
    ]);
    expect(theatre.isAtRest).to.equal(true);
    expect(theatre.status).to.deep.include({ promotedRevision: "r2", plannedWeight: 0 });
    expect(theatre.unansweredSeconds).to.equal(0);
  });

  it("tells its story in Flagger's words", async () => {
    const theatre = await Theatre.atRest();
    await theatre.up("r2", { stepWeight: 50 });
    expect(theatre.world.messages).to.deep.equal([
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
    const theatre = await Theatre.atRest();
    await theatre.up();
    for (const { weight, journal } of theatre.world.weightWrites) expect(journal?.canaryWeight).to.equal(weight);
  });

  it("goes back to the primary in steps where a step size is given", async () => {
    const theatre = await Theatre.atRest();
    await theatre.up("r2", { stepWeight: 40, maxWeight: 40, stepWeightPromotion: 15 });
    expect(theatre.weights).to.deep.equal([40, 25, 10, 0]);
  });

  it("is not judged where that is not wanted, but must get ready", async () => {
    const theatre = await Theatre.atRest();
    const result = await theatre.up("r2", {}, { skipAnalysis: true });
    expect(result).to.deep.equal({ kind: "succeeded", analysis: "skipped" });
    expect(theatre.weights).to.deep.equal([]);
    expect(theatre.isAtRest).to.equal(true);
    expect(theatre.status?.promotedRevision).to.equal("r2");
  });

  it("with skipAnalysis and an image that can't start is taken back; the primary is intact", async () => {
    const theatre = await Theatre.atRest();
    theatre.world.trouble = { pod: "podinfo-1", reason: "ImagePull", message: "not found" };
    expect(messageOf(await theatre.up("r2", {}, { skipAnalysis: true }))).to.equal(
      "podinfo.test: revision r2 taken back: pod podinfo-1: ImagePull: not found; the primary still serves revision r1",
    );
    expect(theatre.world.primary?.revision).to.equal("r1");
    expect(theatre.isAtRest).to.equal(true);
  });

  it("does nothing when it is promoted already", async () => {
    const theatre = await Theatre.atRest();
    await theatre.up();
    const before = theatre.world.weightWrites.length;
    theatre.engine.state.delete("analysis");
    theatre.engine.state.delete("promotion");
    expect(await theatre.up()).to.deep.equal({ kind: "succeeded", analysis: "alreadyPromoted" });
    expect(theatre.world.weightWrites).to.have.length(before);
  });

  it("waits for its load test's answer without calling it a failure", async () => {
    const theatre = await Theatre.atRest();
    const asked: string[] = [];
    theatre.world.webhookAnswer = ({ name }) => {
      asked.push(name);
      return { kind: "ok" };
    };
    await theatre.up("r2", { stepWeight: 50, webhooks: [{ name: "load", url: "http://loadtester/" }] });
    expect(asked).to.deep.equal(["load"]);
  });
});
