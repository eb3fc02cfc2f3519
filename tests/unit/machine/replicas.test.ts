import { expect } from "chai";
import { decideReplicas } from "../../../release/machine/plan.js";
import { messageOf, Harness } from "./harness.js";

const hpa = ["HorizontalPodAutoscaler keda-hpa-podinfo"];

describe("how many pods a primary is to have", () => {
  const decide = (asked: number | undefined, last: number | undefined, live: number, scalers: readonly string[] = []) =>
    decideReplicas({ asked, last, live, scalers });

  it("is nobody's to change where the program asks for what it asked for before, or for nothing", () => {
    for (const live of [1, 2, 9]) {
      expect(decide(undefined, 2, live)).to.deep.equal({ kind: "keep" });
      expect(decide(2, 2, live)).to.deep.equal({ kind: "keep" });
      expect(decide(2, 2, live, hpa)).to.deep.equal({ kind: "keep" });
    }
  });

  it("follows a change in the program", () => {
    expect(decide(3, 2, 2)).to.deep.equal({ kind: "scale", replicas: 3 });
    expect(decide(1, 2, 2)).to.deep.equal({ kind: "scale", replicas: 1 });
    expect(decide(3, 2, 3)).to.deep.equal({ kind: "keep" });
  });

  it("is left to whoever scales", () => {
    expect(decide(3, 2, 2, hpa)).to.deep.equal({ kind: "leave", why: `${hpa[0]} scales it` });
    expect(decide(3, 2, 5)).to.deep.equal({ kind: "leave", why: "somebody has scaled it from 2 to 5" });
  });

  it("is never lowered where nobody knows who set it", () => {
    expect(decide(3, undefined, 2)).to.deep.equal({ kind: "scale", replicas: 3 });
    expect(decide(2, undefined, 2)).to.deep.equal({ kind: "keep" });
    expect(decide(2, undefined, 5)).to.deep.equal({ kind: "leave", why: "it is not known who set it to 5" });
    expect(decide(3, undefined, 2, hpa)).to.deep.include({ kind: "leave" });
  });
});

describe("a promotion and the primary's pods", () => {
  const asking = (primaryReplicas: number) => ({ replicas: primaryReplicas, primaryReplicas });

  it("leaves them to whoever scales: no promotion lowers them", async () => {
    const harness = await Harness.atRest();
    const { world, clock } = harness;
    await harness.up("r2", {}, asking(2));
    world.primary?.scale(4, clock.nowMs());
    expect(messageOf(await harness.up("r3", {}, asking(2)))).to.equal("succeeded");
    expect(world.primary?.replicas).to.equal(4);
    expect(world.primary?.lowest).to.equal(2);
  });

  it("scales them where the program asks for more or fewer, also without a new revision", async () => {
    const harness = await Harness.atRest();
    const { world } = harness;
    await harness.up("r2", {}, asking(2));
    await harness.promote("r2", {}, asking(5));
    expect(world.primary?.replicas).to.equal(5);
    await harness.promote("r2", {}, asking(3));
    expect(world.primary?.replicas).to.equal(3);
    expect(harness.status?.primaryReplicas).to.equal(3);
  });

  it("raises them before the traffic comes, and lowers them after it has", async () => {
    const harness = await Harness.atRest();
    const { world } = harness;
    await harness.up("r2", {}, asking(2));
    const order = (): readonly string[] =>
      world.calls.map(({ name }) => name).filter((name) => /^scalePrimary|^setSplit 0%|^scaleCanary 0/.test(name));
    world.calls.length = 0;
    await harness.up("r3", {}, asking(4));
    expect(order()).to.deep.equal(["scalePrimary 4", "setSplit 0%", "scaleCanary 0"]);
    world.calls.length = 0;
    await harness.up("r4", {}, asking(2));
    expect(order()).to.deep.equal(["setSplit 0%", "scaleCanary 0", "scalePrimary 2"]);
  });

  it("says what it has left undone, and how to do it", async () => {
    const harness = await Harness.atRest();
    const { world } = harness;
    await harness.up("r2", {}, asking(2));
    world.scalers = hpa;
    await harness.promote("r2", {}, asking(5));
    expect(world.primary?.replicas).to.equal(2);
    expect(world.messages).to.include(
      "podinfo.test: replicas 5 is left undone: podinfo-primary has 2, and HorizontalPodAutoscaler keda-hpa-podinfo scales it; if it is meant: kubectl -n test scale deployment podinfo-primary --replicas=5",
    );
    expect(world.messages.filter((message) => message.includes("left undone"))).to.have.length(1);
    world.scalers = [];
    await harness.promote("r2", {}, asking(5));
    expect(world.primary?.replicas).to.equal(5);
  });

  it("never touches them where an autoscaler is said to be there, and forgets what it set before", async () => {
    const harness = await Harness.atRest();
    const { world, clock } = harness;
    await harness.up("r2", {}, asking(2));
    for (const autoscaler of ["managed", "external"] as const) {
      world.primary?.scale(6, clock.nowMs());
      await harness.promote("r2", {}, { replicas: 1, autoscaler });
      expect(world.primary?.replicas).to.equal(6);
      expect(harness.status?.primaryReplicas).to.equal(undefined);
    }
    await harness.promote("r2", {}, asking(2));
    expect(world.primary?.replicas).to.equal(6);
    expect(world.messages.join()).to.contain("it is not known who set it to 6");
  });
});
