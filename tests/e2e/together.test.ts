import { expect } from "chai";
import { deployment, eventually, routeWeights } from "./harness/cluster.js";
import { hostOf, releaseProgram, TestStack } from "./harness/stacks.js";
import type { Program } from "./harness/stacks.js";
import { startTraffic } from "../../sandbox/users/index.js";

const namespace = "e2e-together";
const atRest = { primary: 100, canary: 0 };

function program(tag: string, failPercent: string): Program {
  return releaseProgram(namespace, [
    { name: "good", namespace, image: `sandbox/faulty:${tag}` },
    // The failing one holds out longer, so that the other has passed and waits when the update fails.
    { name: "bad", namespace, image: `sandbox/faulty:${tag}`, env: { FAIL_PERCENT: failPercent } },
  ]);
}

describe("two releases in one update", () => {
  let stack: TestStack;
  before(async () => {
    stack = await TestStack.create("together");
    const update = await stack.up(program("1.0.0", "0"));
    expect(update.failed, update.output).to.equal(false);
  });
  after(() => stack.destroy());

  it("run side by side and are both promoted", async () => {
    const users = ["good", "bad"].map((name) => startTraffic({ host: hostOf(name), perSecond: 30 }));
    const update = await stack.up(program("1.0.1", "0"));
    const tallies = await Promise.all(users.map((each) => each.stop()));
    expect(update.failed, update.output).to.equal(false);
    expect(tallies.map(({ failed }) => failed)).to.deep.equal([0, 0]);
  });

  it("one fails: the other is promoted or rolled back, but never left half-way", async () => {
    const users = ["good", "bad"].map((name) => startTraffic({ host: hostOf(name), perSecond: 30 }));
    const update = await stack.up(program("1.0.2", "100"));
    expect(update.failed).to.equal(true);
    for (const name of ["good", "bad"]) {
      await eventually(`${name} is at rest`, 20, async () => {
        const weights = await routeWeights(namespace, name);
        return weights.canary === 0 && (await deployment(namespace, name)).replicas === 0;
      });
      expect(await routeWeights(namespace, name)).to.deep.equal(atRest);
    }
    await Promise.all(users.map((each) => each.stop()));
    expect((await deployment(namespace, "bad-primary")).image).to.equal("sandbox/faulty:1.0.1");
  });
});
