import * as k8s from "@pulumi/kubernetes";
import { expect } from "chai";
import { CanaryRelease, promotedTag } from "../../components/index.js";
import { startTraffic } from "../../sandbox/users/index.js";
import { at } from "./harness/cluster.js";
import { hostOf, releaseArgs, TestStack } from "./harness/stacks.js";
import type { Behaviour, Program } from "./harness/stacks.js";

// What one stack serves to all its users is what another one may take from there.

const namespace = "e2e-promoted";
const name = "staged";

function program(tag: string, env: Behaviour = {}): Program {
  return () => {
    const home = new k8s.core.v1.Namespace(namespace, { metadata: { name: namespace } });
    const args = releaseArgs({ name, namespace, image: `sandbox/faulty:${tag}`, env });
    const { promoted } = new CanaryRelease(name, { ...args, namespace: home.metadata.name });
    return Promise.resolve({ promoted });
  };
}

const reader = (options: Parameters<typeof promotedTag>[1] = {}): Program => {
  return () => Promise.resolve({ tag: promotedTag("organization/canary-e2e/promoted", options) });
};

describe("what a stack has promoted", () => {
  let staging: TestStack;
  let production: TestStack;
  before(async () => {
    staging = await TestStack.create("promoted");
    production = await TestStack.create("promoted-reader", { PULUMI_BACKEND_URL: staging.backend });
  });
  after(() => staging.destroy());

  async function read(options?: Parameters<typeof promotedTag>[1]): Promise<unknown> {
    const update = await production.up(reader(options));
    return update.failed ? update.output : (await production.outputs())["tag"];
  }

  it("is nothing before its first update: refused at once, in one line", async () => {
    const output = await read();
    expect(output).to.match(/its output promoted is not there|unknown stack/);
  });

  it("is its first revision, then the one that its analysis passed", async () => {
    const first = await staging.up(program("1.0.0"));
    expect(first.failed, first.output).to.equal(false);
    expect(at(await staging.outputs(), "promoted")).to.deep.include({ tag: "1.0.0", verdict: "initialized" });
    expect(await read()).to.equal("1.0.0");
    const users = startTraffic({ host: hostOf(name), perSecond: 40 });
    const second = await staging.up(program("1.0.1"));
    expect(second.failed, second.output).to.equal(false);
    expect(at(await staging.outputs(), "promoted")).to.deep.include({
      image: "sandbox/faulty:1.0.1",
      tag: "1.0.1",
      verdict: "passed",
    });
    expect(await read()).to.equal("1.0.1");
    const failed = await staging.up(program("1.0.2", { FAIL_PERCENT: "100" }));
    await users.stop();
    expect(failed.failed).to.equal(true);
    expect(await read()).to.equal("1.0.1");
  });

  it("is never the program's new input beside resources that were left out", async () => {
    const update = await staging.up(program("1.0.3"), { target: ["**Namespace**"] });
    expect(update.failed, update.output).to.equal(false);
    expect(await read()).to.equal("1.0.1");
  });

  it("is refused by those who want more than was done", async () => {
    expect(await read({ accept: ["initialized"] })).to.match(
      /was not judged as asked \(passed; accepted: initialized\)/,
    );
  });
});
