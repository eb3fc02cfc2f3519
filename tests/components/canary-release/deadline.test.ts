import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import type { CanaryReleaseArgs } from "../../../components/canary-release/args.js";

const args: CanaryReleaseArgs = {
  namespace: "test",
  template: { spec: { containers: [{ name: "podinfod", image: "podinfo:6.0.1" }] } },
  service: { port: 80 },
  route: { hosts: ["app.example.com"] },
  ingressClassName: "apisix",
  prometheusUrl: "http://flagger-prometheus.apisix:9090",
  analysis: { stepWeight: 10 },
};

/** Lines about the deadline that a preview (or an update) shows. */
async function shown(change: Partial<CanaryReleaseArgs>, preview = true): Promise<readonly string[]> {
  await pulumi.runtime.setMocks(
    { newResource: ({ name, inputs }) => ({ id: name, state: { ...(inputs as object) } }), call: () => ({}) },
    "project",
    "stack",
    preview,
  );
  const lines: string[] = [];
  const { info, warn } = pulumi.log;
  const note =
    (level: string) =>
    (line: string): Promise<void> => {
      if (/^deadline|^analysis\.(background|.*Promotion)/.test(line)) lines.push(`${level}: ${line}`);
      return Promise.resolve();
    };
  Reflect.set(pulumi.log, "info", note("info"));
  Reflect.set(pulumi.log, "warn", note("warn"));
  try {
    const { CanaryRelease } = await import("../../../components/canary-release/index.js");
    new CanaryRelease("podinfo", { ...args, ...change });
    await new Promise((resolve) => setTimeout(resolve, 30));
  } finally {
    Reflect.set(pulumi.log, "info", info);
    Reflect.set(pulumi.log, "warn", warn);
  }
  return lines;
}

describe("the deadline, in preview", () => {
  it("is what the plan needs, and said", async () => {
    const slow = { analysis: { interval: "5m", stepWeight: 5, maxWeight: 100 } };
    expect(await shown(slow)).to.deep.equal([
      "info: deadline: 5h10m (20 steps take 1h40m at least; gates and pauses don't count)",
    ]);
    expect(await shown({ analysis: { interval: "10s", stepWeight: 10, maxWeight: 10 } })).to.deep.equal([
      "info: deadline: 1h (1 step takes 10s at least; gates and pauses don't count)",
    ]);
    expect(await shown(slow, false)).to.deep.equal([]);
  });

  it("has all analyses in it, and these are said by name", async () => {
    const metrics = [{ name: "request-success-rate" as const, thresholdRange: { min: 99 } }];
    const awaited = { prePromotion: { metrics, iterations: 3 }, postPromotion: { metrics, for: "1h" } };
    const background = [{ name: "orders", metrics, from: 2, for: "10m", onFailure: "hold" as const }, { metrics }];
    expect(await shown({ analysis: { interval: "5m", stepWeight: 50, ...awaited, background } })).to.deep.equal([
      // Three times 25 minutes of stages and the hour, and what the pods may take.
      "info: deadline: 4h25m (3 steps take 25m at least; gates and pauses don't count)",
      "info: analysis.background: background analysis orders, from stage 2 of 3 on, for 10m; holds the run where it fails",
      "info: analysis.background: background analysis 2, from stage 1 of 3 on, until the canary is passed",
      "info: analysis.prePromotion: stage 3, 3 times 5m, before the primary gets the revision",
      "info: analysis.postPromotion: 1h, when the promoted primary has all users: no way back by then",
    ]);
    const blueGreen = { interval: "5m", iterations: 1, preview: { path: "/preview" }, ...awaited };
    expect((await shown({ analysis: blueGreen })).slice(1)).to.deep.equal([
      "info: analysis.prePromotion: stage 2, 3 times 5m, before users are moved",
      "info: analysis.postPromotion: stage 4, 1h, when all users are moved, and may still be taken back",
    ]);
  });

  it("is warned of where nothing can pass within it", async () => {
    const slow = { analysis: { interval: "5m", stepWeight: 5, maxWeight: 100 }, deadline: "1h" };
    expect(await shown(slow)).to.deep.equal([
      "warn: deadline: 1h is too short: 20 steps take 1h40m at least, so no release can pass",
    ]);
  });

  it("is nobody's business where nothing is analysed, or where it is not known yet", async () => {
    expect(await shown({ skipAnalysis: true })).to.deep.equal([]);
  });
});
