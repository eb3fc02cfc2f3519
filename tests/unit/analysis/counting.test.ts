import { expect } from "chai";
import { attemptsOf } from "../../../release/analysis/counting/attempts.js";
import { canary, primary, sentenceOf, Stage, startMs, successRate, verdictOf } from "./stage.js";

/** What the canary was held to have been asked, and to have failed. */
function counted({ state }: Stage): readonly [requests: number, failed: number] {
  const { requests, failed } = state.totals.subject;
  return [requests, failed];
}

describe("counting", () => {
  it("counts what counters grew by, of the canary alone", () => {
    const stage = new Stage(successRate);
    stage.ask(canary, 7).ask(primary, 50).check();
    stage.ask(canary, 3).ask(canary, 2, { code: "500" }).ask(primary, 9, { code: "502" }).check();
    expect(counted(stage)).deep.equal([12, 2]);
    expect(stage.state.totals.baseline).deep.include({ requests: 59, failed: 9 });
  });

  it("leaves out what was counted before the run", () => {
    const stage = new Stage(successRate, {}, false);
    stage
      .ask(canary, 500, { code: "500" })
      .ask(primary, 100)
      .scrape(startMs - 1000);
    stage.ask(canary, 10).check();
    expect(counted(stage)).deep.equal([10, 0]);
  });

  it("takes a series that was not there at the run's start from 0, even in the first reading", () => {
    const stage = new Stage(successRate);
    stage.ask(canary, 4, { code: "500" }).check();
    expect(counted(stage)).deep.equal([4, 4]);
  });

  it("knows nothing of a series' past where the gateway was not scraped before", () => {
    const stage = new Stage(successRate, {}, false);
    stage.ask(canary, 400).ask(primary, 800).check();
    expect(counted(stage)).deep.equal([0, 0]);
    stage.ask(canary, 5).check();
    expect(counted(stage)).deep.equal([5, 0]);
  });

  it("takes a lower value for a reset: it grew from 0 again", () => {
    const stage = new Stage(successRate);
    stage.ask(canary, 30).check();
    stage.restartGateway().ask(canary, 4).ask(canary, 1, { code: "503" }).check();
    expect(counted(stage)).deep.equal([35, 1]);
  });

  it("counts a sample once, however often it is read", () => {
    const stage = new Stage(successRate);
    stage.ask(canary, 30).check();
    stage.check({ scraped: false });
    stage.check({ scraped: false });
    expect(counted(stage)).deep.equal([30, 0]);
  });

  it("adds up over gateway pods, and counts a new one from 0", () => {
    const stage = new Stage(successRate);
    stage.ask(canary, 10).check();
    stage.ask(canary, 6, { instance: "gateway-2" }).ask(canary, 1).check();
    expect(counted(stage)).deep.equal([17, 0]);
  });

  it("doesn't take a gateway pod that wasn't scraped for a while for one that started now", () => {
    const stage = new Stage(successRate);
    stage.ask(canary, 10).ask(primary, 10).check();
    stage.ask(primary, 100_000, { instance: "gateway-2" }).ask(canary, 90_000, { instance: "gateway-2" }).check();
    expect(counted(stage)).deep.equal([10, 0]);
    stage.ask(canary, 3, { instance: "gateway-2" }).check();
    expect(counted(stage)).deep.equal([13, 0]);
  });

  it("goes on when the gateway forgets idle series", () => {
    const stage = new Stage(successRate);
    stage.ask(canary, 10).check();
    stage.forget().ask(canary, 2).check();
    expect(counted(stage)[0]).equal(12);
  });

  it("follows pods that are replaced mid-run", () => {
    const stage = new Stage(successRate);
    stage.ask(canary, 10).check();
    stage.surroundings = { ...stage.surroundings, subjectNodes: ["10.0.0.7"] };
    stage.ask(canary, 2).ask("10.0.0.7", 5, { code: "500" }).check();
    expect(counted(stage)).deep.equal([17, 5]);
  });

  it("credits requests of a pod that the cluster names only afterwards", () => {
    const stage = new Stage(successRate);
    stage.ask("10.0.0.7", 5, { code: "500" }).check();
    expect(counted(stage)).deep.equal([0, 0]);
    stage.surroundings = { ...stage.surroundings, subjectNodes: [canary, "10.0.0.7"] };
    stage.check();
    expect(counted(stage)).deep.equal([5, 5]);
  });

  it("doesn't hold the canary's old address against the primary that has it next, nor the other way round", () => {
    const stage = new Stage(successRate);
    stage.ask(canary, 10).check();
    stage.surroundings = { ...stage.surroundings, subjectNodes: ["10.0.0.7"], baselineNodes: [primary, canary] };
    // Between the two looks it is unclear whose they are: nobody's.
    stage.ask(canary, 6, { code: "500" }).check();
    expect(counted(stage)).deep.equal([10, 0]);
    stage.ask(canary, 4, { code: "500" }).check();
    expect(counted(stage)).deep.equal([10, 0]);
    expect(stage.state.totals.baseline.failed).equal(4);
  });

  it("holds back on an address that both versions claim", () => {
    const stage = new Stage(successRate);
    stage.surroundings = { ...stage.surroundings, baselineNodes: [primary, canary] };
    stage.ask(canary, 9, { code: "500" });
    expect(verdictOf(stage.endInterval())).equal("hold: noData");
    expect(counted(stage)).deep.equal([0, 0]);
  });

  it("says so when requests reach neither version", () => {
    const stage = new Stage(successRate);
    stage.ask("10.9.9.9", 25);
    expect(sentenceOf(stage.endInterval())).contain("(25 requests went to addresses of neither version: 10.9.9.9)");
  });
});

describe("5xx without an endpoint", () => {
  it("are the canary's where it has weight and no ready pod", () => {
    const stage = new Stage(successRate);
    stage.surroundings = { ...stage.surroundings, subjectReady: 0 };
    stage.ask("", 6, { code: "503" }).ask(primary, 6);
    expect(verdictOf(stage.check())).equal("failNow");
    expect(counted(stage)).deep.equal([6, 6]);
  });

  it("are the primary's where only that has none", () => {
    const stage = new Stage(successRate);
    stage.surroundings = { ...stage.surroundings, baselineReady: 0 };
    stage.ask("", 6, { code: "503" }).ask(canary, 20);
    expect(verdictOf(stage.endInterval())).equal("pass");
    expect(stage.state.totals.baseline.failed).equal(6);
  });

  it("still are the canary's at the look after its pods came back", () => {
    const stage = new Stage(successRate);
    stage.surroundings = { ...stage.surroundings, subjectReady: 0 };
    stage.check();
    stage.surroundings = { ...stage.surroundings, subjectReady: 1 };
    stage.ask("", 6, { code: "503" }).check();
    expect(counted(stage)).deep.equal([6, 6]);
  });

  it("hold the weight where it can't be told whose they are, and prove nothing", () => {
    const stage = new Stage(successRate);
    stage.ask("", 60, { code: "503" }).ask(canary, 60).ask(primary, 60);
    const assessment = stage.endInterval();
    expect(verdictOf(assessment)).equal("hold: breached");
    expect(assessment.checks[0]?.confidence).equal(0);
    expect(counted(stage)).deep.equal([60, 0]);
  });

  it("hold it for as long as they last, and not until good answers outnumber them", () => {
    const stage = new Stage({
      metrics: [{ name: "request-success-rate", thresholdRange: { min: 99 }, interval: "20s" }],
    });
    stage.ask("", 26, { code: "503" }).ask(primary, 130);
    const verdicts = [1, 2, 3].map(() => {
      const assessment = stage.endInterval({ seconds: 10 });
      stage.ask(canary, 80).ask(primary, 80);
      return verdictOf(assessment);
    });
    expect(verdicts).deep.equal(["hold: noData", "hold: breached", "pass"]);
  });

  it("are nobody's fault with both sides empty", () => {
    const stage = new Stage(successRate);
    stage.surroundings = { ...stage.surroundings, subjectReady: 0, baselineReady: 0 };
    stage.ask("", 60, { code: "503" });
    expect(verdictOf(stage.endInterval())).equal("hold: noData");
    expect(stage.state.totals.undecided).equal(60);
  });
});

describe("retries", () => {
  it("don't hide a canary's failures: the answer that users got was the primary's", () => {
    const stage = new Stage(successRate);
    const retried = { upstreamStatus: "502, 200", upstreamAddress: `${canary}:9898, ${primary}:9898` };
    stage.ask(primary, 6, retried);
    expect(verdictOf(stage.check())).equal("failNow");
    expect(counted(stage)).deep.equal([6, 6]);
    expect(stage.state.totals.baseline).deep.include({ requests: 6, failed: 0 });
  });

  it("are one trial, failed if any attempt was", () => {
    const stage = new Stage(successRate);
    const twice = { upstreamStatus: "502, 200", upstreamAddress: `${canary}:9898, ${canary}:9898` };
    stage.ask(canary, 3, twice).check();
    expect(counted(stage)).deep.equal([3, 3]);
  });

  it("are read as nginx writes them", () => {
    const of = (code: string, upstreamStatus?: string, upstreamAddress?: string, node = "10.0.0.9") =>
      attemptsOf({ node, code, upstreamStatus, upstreamAddress }).map((each) => `${each.node} ${each.failed}`);
    expect(of("200")).deep.equal(["10.0.0.9 false"]);
    expect(of("500")).deep.equal(["10.0.0.9 true"]);
    expect(of("503", undefined, undefined, "")).deep.equal([]);
    expect(of("200", "502, 200")).deep.equal(["10.0.0.9 true", "10.0.0.9 false"]);
    expect(of("200", undefined, "10.0.0.1:80, 10.0.0.2:80")).deep.equal(["10.0.0.1 true", "10.0.0.2 false"]);
    expect(of("200", "-, 200", "10.0.0.1:80, 10.0.0.2:80")).deep.equal(["10.0.0.1 true", "10.0.0.2 false"]);
    expect(of("504", "504 : 504", "[fd00::1]:80 : [fd00::2]:80")).deep.equal(["fd00::1 true", "fd00::2 true"]);
    expect(of("499", "-", "10.0.0.1:80")).deep.equal(["10.0.0.1 false"]);
  });
});
