import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import type { CanaryReleaseArgs } from "../../../components/canary-release/args.js";
import { at, run } from "./program.js";
import type { Registered } from "./program.js";

const analysis = { interval: "10s", stepWeight: 10, maxWeight: 50 };
const args: CanaryReleaseArgs = {
  namespace: "test",
  template: {
    spec: { containers: [{ name: "app", image: "app:1", envFrom: [{ configMapRef: { name: "settings" } }] }] },
  },
  service: { port: 80, targetPort: 9898 },
  route: { hosts: ["app.example.com"] },
  ingressClassName: "apisix",
  prometheusUrl: "http://prometheus:9090",
  configs: { settings: { COLOUR: "blue" } },
  analysis,
};
const asked = (change: Partial<CanaryReleaseArgs> = {}) => ({
  args: { ...args, analysis: { ...analysis, baseline: true }, ...change },
});

function find(all: readonly Registered[], name: string): Registered {
  const found = all.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no ${name} among ${all.map((each) => each.name).join(", ")}`);
  return found;
}

describe("a release's baseline", () => {
  it("is a Deployment of the primary's template with one label more, and no pods", async () => {
    const { registered, errors, release } = await run(() => asked());
    expect(errors).deep.equal([]);
    const { inputs } = find(registered, "podinfo-baseline-deployment");
    const primary = find(registered, "podinfo-primary-deployment").inputs;
    expect(at(inputs, "metadata", "name")).equal("podinfo-baseline");
    expect(at(inputs, "metadata", "annotations")).deep.include({
      "apisix-canary.io/release": "test/podinfo",
      "pulumi.com/skipAwait": "true",
    });
    const label = { "apisix-canary.io/role": "baseline" };
    expect(at(inputs, "spec", "replicas")).equal(0);
    expect(at(inputs, "spec", "selector", "matchLabels")).deep.equal({ app: "podinfo-primary", ...label });
    const labels = { ...(at(primary, "spec", "template", "metadata", "labels") as object), ...label };
    expect(at(inputs, "spec", "template", "metadata", "labels")).deep.equal(labels);
    expect(at(inputs, "spec", "template", "metadata", "annotations")).deep.equal(
      at(primary, "spec", "template", "metadata", "annotations"),
    );
    expect(at(inputs, "spec", "template", "spec")).deep.equal(at(primary, "spec", "template", "spec"));
    expect(release?.baseline).not.equal(undefined);
  });

  it("is written after the analysis and the primary, and before the promotion, which proves whose it is", async () => {
    const { registered } = await run(() => asked());
    const names = registered.map(({ name }) => name);
    const [analysed, primary, baseline, promotion] = [
      "podinfo-analysis",
      "podinfo-primary-deployment",
      "podinfo-baseline-deployment",
      "podinfo-promotion",
    ].map((name) => names.indexOf(name));
    expect([analysed, primary, baseline, promotion]).deep.equal(
      [analysed, primary, baseline, promotion].toSorted((a = 0, b = 0) => a - b),
    );
    expect(find(registered, "podinfo-baseline-deployment").dependencies.join()).contain("podinfo-primary-deployment");
    expect(find(registered, "podinfo-promotion").dependencies.join()).contain("podinfo-baseline-deployment");
  });

  it("changes nothing but its own: the same objects, with the same inputs, as without", async () => {
    const withIt = (await run(() => asked())).registered;
    const without = (await run(() => ({ args }))).registered;
    const natives = (all: readonly Registered[]) =>
      all
        .filter(({ type, name }) => type.startsWith("kubernetes:") && name !== "podinfo-baseline-deployment")
        .map(({ name, inputs }) => [name, inputs]);
    expect(natives(withIt)).deep.equal(natives(without));
    expect(withIt).length(without.length + 1);
    for (const baseline of [false, undefined]) {
      const off = await run(() => ({
        args: { ...args, analysis: { ...analysis, ...(baseline === false && { baseline }) } },
      }));
      expect(off.registered.some(({ name }) => name.includes("baseline"))).equal(false);
      expect(off.release?.baseline).equal(undefined);
    }
  });

  it("is no output's to decide: it says which resources there are", async () => {
    const own = await run(() => asked({ analysis: { ...analysis, baseline: pulumi.output(true) } }));
    expect(own.errors.join()).contain(
      "analysis.baseline: must not be an output itself, since it decides which resources there are",
    );
    const within = await run(() => asked({ analysis: pulumi.output({ ...analysis, baseline: true }) }));
    expect(within.errors.join()).contain("analysis.baseline: must not be within an output");
    const off = await run(() => asked({ analysis: pulumi.output({ ...analysis, baseline: false }) }));
    expect(off.errors).deep.equal([]);
  });
});
