import { expect } from "chai";
import { messageOf, Harness } from "./harness.js";

/** All that a run has written, by name. */
function written({ world }: Harness): readonly string[] {
  return world.calls
    .map(({ name }) => name)
    .filter((name) => /^(lock\.take|claimRoute|writeStatus|setSplit|scale|clearCommand)/.test(name));
}

/** The same release of another stack: its objects have the same names and marks. */
function elsewhere({ world }: Harness): void {
  if (world.object !== undefined) world.object.uid = "another";
  if (world.route !== undefined) world.route.uid = "another";
}

describe("a runtime that is not on Pulumi's cluster", () => {
  it("refuses before anything else where the release there is another stack's", async () => {
    const harness = await Harness.atRest();
    elsewhere(harness);
    expect(messageOf(await harness.up())).to.equal(
      "podinfo.test: the CanaryRelease podinfo of this cluster is not the one that Pulumi created (uid another instead of uid), nothing was touched: give the release the kubeconfig and the context of its provider; where the object was made anew, run pulumi refresh first",
    );
    expect(written(harness)).to.deep.equal([]);
    expect(harness.world.primary?.revision).to.equal("r1");
  });

  it("refuses where another stack's canary has traffic there", async () => {
    const harness = await Harness.atRest();
    elsewhere(harness);
    harness.world.writeWeight(30, "another stack");
    expect(messageOf(await harness.up())).to.contain("is not the one that Pulumi created");
    expect(harness.world.route?.weight).to.equal(30);
  });

  it("refuses where nothing of the release is there: it never initializes what it does not see", async () => {
    const harness = await Harness.atRest();
    const { world } = harness;
    world.object = world.route = world.canary = world.primary = world.lease = undefined;
    expect(messageOf(await harness.up())).to.equal(
      "podinfo.test: this cluster holds nothing of the release, nothing was touched: give the release the kubeconfig and the context of its provider; where its objects were deleted, run pulumi refresh first",
    );
    expect(written(harness)).to.deep.equal([]);
  });

  it("refuses although Pulumi could not tell what it created", async () => {
    const harness = await Harness.atRest();
    const { world, engine } = harness;
    engine.created = {};
    world.object = world.route = world.canary = world.primary = world.lease = undefined;
    expect(messageOf(await harness.up())).to.contain("holds nothing of the release");
  });
});

describe("a runtime on Pulumi's cluster", () => {
  it("heals first where the object is gone and our own route still has canary weight", async () => {
    const harness = await Harness.atRest();
    const { world, clock } = harness;
    world.canary?.scale(1, clock.nowMs());
    world.writeWeight(30, "a run that died");
    world.object = undefined;
    await harness.up();
    expect(harness.isAtRest).to.equal(true);
    expect(harness.unansweredSeconds).to.be.lessThan(5);
    expect(world.primary?.revision).to.equal("r1");
  });

  it("says what to do where the object is gone, and judges nothing without its journal", async () => {
    const harness = await Harness.atRest();
    harness.world.object = undefined;
    expect(messageOf(await harness.up())).to.equal(
      "podinfo.test: the CanaryRelease object is missing, nothing was started: run pulumi refresh and the update again",
    );
    expect(harness.weights).to.deep.equal([]);
  });

  it("goes on where the object was made anew: the route proves the cluster", async () => {
    const harness = await Harness.atRest();
    harness.world.loseState();
    expect(messageOf(await harness.up())).to.equal("succeeded");
  });
});
