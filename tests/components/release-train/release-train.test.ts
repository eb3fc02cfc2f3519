import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import type { CanaryReleaseArgs } from "../../../components/canary-release/index.js";
import type { ReleaseTrainArgs, TrainMember } from "../../../components/release-train/index.js";
import { at, recorded } from "../canary-release/program.js";
import { settingsOf } from "../register.js";
import type { Registered } from "../canary-release/program.js";

const member = (name: string, change: Partial<CanaryReleaseArgs> = {}): TrainMember => ({
  name,
  namespace: "shop",
  template: { spec: { containers: [{ name: "app", image: `${name}:1` }] } },
  service: { port: 80 },
  route: { hosts: [`${name}.example.com`] },
  ingressClassName: "apisix",
  prometheusUrl: "http://prometheus:9090",
  analysis: { interval: "10s", stepWeight: 10, maxWeight: 50 },
  ...change,
});

/** Runs a program with a train under mocks; what the engine hears, and what ended it. */
async function run(
  args: ReleaseTrainArgs,
  isPreview = false,
): Promise<{ readonly registered: readonly Registered[]; readonly error: string }> {
  await pulumi.runtime.setMocks(
    {
      newResource: ({ name, inputs }) => ({ id: `${name}-id`, state: { ...(inputs as Record<string, unknown>) } }),
      call: () => ({}),
    },
    "project",
    "dev",
    isPreview,
  );
  const registered = recorded();
  try {
    const { ReleaseTrain } = await import("../../../components/release-train/index.js");
    const train = new ReleaseTrain("shop", args);
    await new Promise((resolve) => train.promoted.apply(resolve));
    return { registered, error: "" };
  } catch (error) {
    return { registered, error: error instanceof Error ? error.message : String(error) };
  }
}

const find = (all: readonly Registered[], name: string): Registered | undefined =>
  all.find((each) => each.name === name);

/** Names of what it is made after. */
const dependenciesOf = (all: readonly Registered[], name: string): readonly string[] | undefined =>
  find(all, name)?.dependencies.map((urn) => urn.split("::").at(-1) ?? "");

/** What a member's runtime is told of its train: names of the members, and their revisions. */
function toldOf(all: readonly Registered[], name: string) {
  const train = find(all, `${name}-analysis`)?.inputs["train"];
  const releases = at(train, "releases");
  return {
    order: at(train, "order"),
    releases: Array.isArray(releases)
      ? releases.map((each) => `${String(at(each, "namespace"))}/${String(at(each, "name"))}`)
      : [],
    revisions: Array.isArray(releases) ? releases.map((each) => at(each, "revision")) : [],
  };
}

function revisionOf(all: readonly Registered[], name: string): unknown {
  return at(settingsOf(find(all, `${name}-analysis`)?.inputs), "revision");
}

describe("ReleaseTrain", () => {
  const before = process.env["PULUMI_NODEJS_PARALLEL"];
  afterEach(() => {
    if (before === undefined) delete process.env["PULUMI_NODEJS_PARALLEL"];
    else process.env["PULUMI_NODEJS_PARALLEL"] = before;
  });

  it("together: each member knows what is asked of all, and none waits for another in the graph", async () => {
    const { registered, error } = await run({ releases: [member("cart"), member("web"), member("pay")] });
    expect(error).to.equal("");
    const revisions = ["cart", "web", "pay"].map((name) => revisionOf(registered, name));
    expect(new Set(revisions).size).to.equal(3);
    for (const name of ["cart", "web", "pay"]) {
      expect(toldOf(registered, name)).to.deep.equal({
        order: "together",
        releases: ["shop/cart", "shop/web", "shop/pay"],
        revisions,
      });
      expect(dependenciesOf(registered, `${name}-preparation`)?.filter((each) => !each.startsWith(name))).to.deep.equal(
        [],
      );
    }
  });

  it("in order: each begins after the promotion of the one before", async () => {
    const { registered, error } = await run({ releases: [member("cart"), member("web")], order: "in order" });
    expect(error).to.equal("");
    expect(dependenciesOf(registered, "web-preparation")).to.include("cart-promotion");
    expect(dependenciesOf(registered, "cart-preparation")).not.to.include("web-promotion");
    expect(toldOf(registered, "cart").releases).to.deep.equal(["shop/cart"]);
    expect(toldOf(registered, "web").releases).to.deep.equal(["shop/cart", "shop/web"]);
  });

  it("is no part of what makes a release run again", async () => {
    const { registered } = await run({ releases: [member("cart"), member("web")] });
    const settings = settingsOf(find(registered, "cart-analysis")?.inputs);
    expect(settings).to.have.property("revision");
    expect(JSON.stringify(settings)).not.to.contain("train");
  });

  it("keeps the resources of a release that was alone before", async () => {
    const { registered } = await run({ releases: [member("cart")] });
    const release = registered.find(({ type, name }) => type.endsWith(":CanaryRelease") && name === "cart");
    expect(release?.aliases.join()).to.match(/"noparent":true/i);
  });

  it("refuses what is wrong with a member by its path, before any of them is made", async () => {
    const wrong = { ...member("web"), analysis: { interval: "10s", stepWeight: 500, maxWeight: 50 } };
    const { registered, error } = await run({ releases: [member("cart"), wrong] }, true);
    expect(error).to.match(/^releases\[1\]\.analysis\.stepWeight: /);
    expect(registered.map(({ type }) => type)).not.to.include("apisix-canary:index:CanaryRelease");
  });

  it("refuses a circle, an empty train and an unknown order", async () => {
    const circle = await run({ releases: [member("cart"), member("web"), member("cart")], order: "in order" }, true);
    expect(circle.error).to.equal(
      "releases[2].name: cart is there already, as releases[0]: a train with a circle never arrives; name each release once",
    );
    expect((await run({ releases: [] }, true)).error).to.equal("releases: needs a release");
    const order: unknown = "backwards";
    const unknown = await run({ releases: [member("cart")], order: order as "together" }, true);
    expect(unknown.error).to.equal('order: must be "together" or "in order"');
  });

  it("refuses an engine with fewer slots than members that wait for each other", async () => {
    process.env["PULUMI_NODEJS_PARALLEL"] = "1";
    const { error } = await run({ releases: [member("cart"), member("web")] }, true);
    expect(error).to.match(/^releases: \d+ releases wait for each other, and the engine performs 1 operations/);
    expect(error).to.contain("--parallel");
    const inOrder = await run({ releases: [member("cart"), member("web")], order: "in order" });
    expect(inOrder.error).to.equal("");
  });
});
