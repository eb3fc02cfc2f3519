import { expect } from "chai";
import { proveRemoval } from "../../../release/machine/ownership.js";
import { portsOf } from "../../../fakes/index.js";
import { Deployment } from "../../../fakes/deployment.js";
import { watchUntil } from "../watchdog/watch.js";
import { messageOf, Harness } from "./harness.js";

const writes = /^(lock\.take|claimRoute|writeStatus|setSplit|scale|clearCommand)/;

/** All that a run has written, by name. */
function written({ world }: Harness): readonly string[] {
  return world.calls.map(({ name }) => name).filter((name) => writes.test(name));
}

/** Somebody's production, which this release has not made. */
function production(harness: Harness, role: "canary" | "primary"): Deployment {
  const found = new Deployment(role, "theirs", 2, harness.clock.nowMs());
  found.owner = "foreign";
  harness.world[role] = found;
  return found;
}

describe("what a release has not made", () => {
  for (const [role, name] of [
    ["canary", "podinfo"],
    ["primary", "podinfo-primary"],
  ] as const)
    it(`is not touched: a Deployment ${name} of somebody else's`, async () => {
      const harness = new Harness();
      const found = production(harness, role);
      expect(messageOf(await harness.up("r1"))).to.equal(
        `podinfo.test: Deployment ${name} was not made by this release (it carries no annotation apisix-canary.io/release: test/podinfo), nothing was touched: delete or rename it, or give the release another name`,
      );
      expect(found.replicas).to.equal(2);
      expect(written(harness)).to.deep.equal([]);
    });

  it("is not touched: route, Lease and object of somebody else's", async () => {
    const named = { route: "ApisixRoute podinfo-podinfo-canary", lease: "Lease apisix-canary-podinfo" } as const;
    for (const [kind, name] of Object.entries(named)) {
      const harness = await Harness.atRest();
      const { world } = harness;
      if (kind === "route" && world.route !== undefined) Object.assign(world.route, { owner: "foreign", weight: 30 });
      else world.lease = { holder: undefined, version: 1, transitions: 1, owner: "foreign" };
      expect(messageOf(await harness.up())).to.contain(`${name} was not made by this release`);
      expect(written(harness)).to.deep.equal([]);
    }
    const harness = await Harness.atRest();
    if (harness.world.object !== undefined) harness.world.object.owner = "foreign";
    expect(messageOf(await harness.up())).to.contain("CanaryRelease podinfo was not made by this release");
    expect(written(harness)).to.deep.equal([]);
  });

  it("is named before anything begins: Services and autoscalers that the program is going to write", async () => {
    const harness = new Harness();
    harness.world.companions = [
      { kind: "Service", name: "podinfo-canary", owner: "ours" },
      { kind: "HorizontalPodAutoscaler", name: "podinfo-primary", owner: "foreign" },
    ];
    expect(messageOf(await harness.up("r1"))).to.contain(
      "HorizontalPodAutoscaler podinfo-primary was not made by this release",
    );
    expect(written(harness)).to.deep.equal([]);
  });

  it("names everything that is in the way at once", async () => {
    const harness = new Harness();
    production(harness, "canary");
    production(harness, "primary");
    expect(messageOf(await harness.up("r1"))).to.contain(
      "Deployments podinfo and podinfo-primary were not made by this release",
    );
  });

  it("is left alone where it takes the canary's place in mid-run; the traffic goes back all the same", async () => {
    const harness = await Harness.atRest();
    let found: Deployment | undefined;
    harness.whenWeightIs(20, () => (found = production(harness, "canary")));
    expect(messageOf(await harness.up())).to.contain(
      "the canary's Deployment was replaced by one that is not this release's",
    );
    expect(found?.replicas).to.equal(2);
    expect(harness.world.route?.weight).to.equal(0);
    expect(harness.status?.phase).to.equal("Failed");
  });

  it("is left alone by the watchdog, told once", async () => {
    const harness = await Harness.atRest();
    const { world, process } = harness;
    let found: Deployment | undefined;
    harness.whenWeightIs(20, () => {
      process.kill();
      found = production(harness, "canary");
      world.calls.length = 0;
    });
    void harness.begin();
    await watchUntil(harness, () => world.announcements.some(({ message }) => message.includes("was not made by")));
    expect(found?.replicas).to.equal(2);
    expect(world.route?.weight).to.equal(20);
    expect(written(harness)).to.deep.equal([]);
  });
});

describe("what a removal would delete", () => {
  const prove = (harness: Harness, autoscalers = false): Promise<boolean> => {
    const settings = { ...harness.settings("r1"), ...harness.engine.created };
    const ports = portsOf(harness.world);
    return harness.clock.until(proveRemoval(settings, ports, autoscalers, new AbortController().signal));
  };
  const messageFrom = (promise: Promise<unknown>): Promise<string> =>
    promise.then(String, (error: unknown) => (error instanceof Error ? error.message : String(error)));

  it("is this release's own", async () => {
    const harness = await Harness.atRest();
    expect(await prove(harness)).to.equal(true);
    production(harness, "primary");
    expect(await messageFrom(prove(harness))).to.equal(
      "podinfo.test: Deployment podinfo-primary was not made by this release (it carries no annotation apisix-canary.io/release: test/podinfo), nothing was touched: rename it, or, where it is to stay, take it out of Pulumi's state first (pulumi state delete)",
    );
    const other = await Harness.atRest();
    other.world.companions = [{ kind: "Service", name: "podinfo", owner: "foreign" }];
    expect(await messageFrom(prove(other))).to.contain("Service podinfo was not made by this release");
  });

  it("is not looked for on another stack's cluster, and may be gone already", async () => {
    const harness = await Harness.atRest();
    const { world } = harness;
    world.object = world.route = world.canary = world.primary = world.lease = undefined;
    expect(await prove(harness)).to.equal(true);
    const other = await Harness.atRest();
    Object.assign(other.world.object ?? {}, { uid: "another" });
    Object.assign(other.world.route ?? {}, { uid: "another" });
    production(other, "primary");
    expect(await prove(other)).to.equal(false);
  });
});

describe("what an earlier version of this package has made", () => {
  it("is known, without the mark", async () => {
    const harness = await Harness.atRest();
    const { world } = harness;
    for (const each of [world.canary, world.primary, world.route, world.object, world.lease])
      if (each !== undefined) each.owner = "earlier";
    expect(messageOf(await harness.up())).to.equal("succeeded");
    expect(harness.isAtRest).to.equal(true);
  });
});
