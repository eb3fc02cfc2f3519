import { expect } from "chai";
import { healthy, Process } from "../../../fakes/index.js";
import { watchUntil } from "../watchdog/watch.js";
import { Harness, messageOf } from "./harness.js";

const stays = { abortScaleDownDelay: "5m" };

/** A release whose canary fails every other request. */
async function failing(): Promise<Harness> {
  const harness = await Harness.atRest();
  harness.world.behaviour = { ...harness.world.behaviour, canary: { ...healthy, failingShare: 0.5 } };
  return harness;
}

/** Does something so long after the release has been told to have failed. */
function afterFailure(harness: Harness, milliseconds: number, action: () => void): void {
  const { clock } = harness;
  const poll = (): void => {
    if (isOver(harness)) clock.at(milliseconds, action);
    else clock.at(100, poll);
  };
  clock.at(100, poll);
}

function isOver({ status }: Harness): boolean {
  return status?.phase === "Failed";
}

describe("a canary whose pods stay after its rollback", () => {
  it("has no users meanwhile, and everybody knows that it has failed; the update ends when its pods go", async () => {
    const harness = await failing();
    const { world, clock } = harness;
    const seen: unknown[] = [];
    afterFailure(harness, 290_000, () => {
      seen.push(world.canary?.replicas, world.gateway.weight, world.lease?.holder, harness.status?.canaryWeight);
      seen.push(world.messages.filter((each) => /^Canary failed!|pods stay until/.test(each)));
    });
    const before = clock.nowMs();
    const message = messageOf(await harness.up("r2", stays));
    expect(message).to.match(
      /^podinfo\.test: revision r2 rolled back: .*success rate.*; the primary still serves revision r1$/,
    );
    const failed = world.statuses.find(({ phase }) => phase === "Failed");
    expect(failed?.conditions[0]?.message).to.match(
      /^Canary analysis failed, its pods stay until \S+Z: .*success rate/,
    );
    expect(failed?.judged).to.deep.include({ revision: "r2", verdict: "failed" });
    expect(failed?.scaleDownSeconds).to.equal(300);
    expect(Date.parse(failed?.scaleDownAt ?? "") - Date.parse(failed?.lastTransitionTime ?? "")).to.be.within(
      299_000,
      305_000,
    );
    expect(seen).to.deep.equal([
      1,
      0,
      undefined,
      0,
      [
        "Canary failed! Scaling down podinfo.test in 5m",
        `${message}; the canary's pods stay until ${failed?.scaleDownAt}, and the update with them`,
      ],
    ]);
    expect(clock.nowMs() - before).to.be.within(310_000, 360_000);
    expect(harness.isAtRest).to.equal(true);
    expect(harness.unansweredSeconds).to.equal(0);
    expect(harness.status).to.deep.include({ phase: "Failed" });
    expect(harness.status).to.not.have.any.keys("scaleDownAt", "scaleDownSeconds");
  });

  it("goes at once where its process is told to end", async () => {
    const harness = await failing();
    const { clock, world } = harness;
    const told = { ms: 0 };
    afterFailure(harness, 20_000, () => {
      told.ms = clock.nowMs();
      void harness.registry.shutdown("the engine sent SIGINT");
    });
    expect(messageOf(await harness.up("r2", stays))).to.contain("success rate");
    expect(clock.nowMs() - told.ms).to.be.below(5_000);
    expect(world.canary?.replicas).to.equal(0);
    expect(world.lease?.holder).to.equal(undefined);
  });

  it("goes at once where a person aborts once more", async () => {
    const harness = await failing();
    const told = { ms: 0 };
    afterFailure(harness, 20_000, () => {
      told.ms = harness.clock.nowMs();
      harness.world.command("abort", "seen enough");
    });
    await harness.up("r2", stays);
    expect(harness.clock.nowMs() - told.ms).to.be.below(40_000);
    expect(harness.isAtRest).to.equal(true);
    expect(harness.world.object?.commands).to.deep.equal({});
  });

  it("is scaled down by the watchdog where the process has died, with what was said of it", async () => {
    const harness = await failing();
    const { clock, world, process } = harness;
    const died = { ms: 0 };
    afterFailure(harness, 20_000, () => {
      died.ms = clock.nowMs();
      process.kill();
    });
    await clock.until(process.outcome(harness.begin("r2", stays)));
    const { message, conditions, judged } = harness.status ?? {};
    await watchUntil(harness, () => world.canary?.replicas === 0 && harness.status?.scaleDownAt === undefined);
    expect(clock.nowMs() - died.ms).to.be.within(300_000, 400_000);
    expect(harness.isAtRest).to.equal(true);
    expect(harness.status).to.deep.include({ phase: "Failed", message, conditions, judged });
  });

  it("hinders no other update: that one finishes it, and the first one ends without another word", async () => {
    const harness = await failing();
    const { clock, world } = harness;
    const other = new Process("other", clock);
    const results: string[] = [];
    afterFailure(harness, 20_000, () => {
      world.behaviour = { ...world.behaviour, canary: healthy };
      const began = clock.nowMs();
      void harness.engine
        .copy()
        .up(harness.settings("r3"), other)
        .then((result) => results.push(`${result.kind} within ${clock.nowMs() - began < 150_000}`));
    });
    expect(messageOf(await harness.up("r2", stays))).to.contain("revision r2 rolled back");
    await clock.pass(150_000);
    expect(results).to.deep.equal(["succeeded within true"]);
    expect(world.messages.join("\n")).to.contain("Scaling down podinfo.test: its pods have stayed long enough");
    expect(world.messages.join("\n")).not.to.contain("could not be scaled down");
    expect(harness.status).to.deep.include({ phase: "Succeeded", promotedRevision: "r3" });
    expect(harness.isAtRest).to.equal(true);
    expect(harness.unansweredSeconds).to.equal(0);
  });

  it("goes at once where the journal was lost: nobody else would know of it", async () => {
    const harness = await failing();
    afterFailure(harness, 20_000, () => harness.world.loseState());
    const before = harness.clock.nowMs();
    expect(messageOf(await harness.up("r2", stays))).to.contain("revision r2 rolled back");
    expect(harness.clock.nowMs() - before).to.be.below(120_000);
    expect(harness.isAtRest).to.equal(true);
  });

  it("hinders no destroy: with the release's object the wait ends", async () => {
    const harness = await failing();
    afterFailure(harness, 20_000, () => (harness.world.object = undefined));
    const before = harness.clock.nowMs();
    expect(messageOf(await harness.up("r2", stays))).to.contain("revision r2 rolled back");
    expect(harness.clock.nowMs() - before).to.be.below(90_000);
  });

  it("keeps pods that never got ready too, for whoever wants to know why", async () => {
    const harness = await Harness.atRest();
    const { world, clock } = harness;
    harness.before = ({ name }) => {
      if (name === "scaleCanary 1" && world.canary !== undefined) world.canary.broken = true;
    };
    const pods: unknown[] = [];
    afterFailure(harness, 200_000, () => pods.push(world.canary?.replicas));
    const before = clock.nowMs();
    expect(messageOf(await harness.up("r2", stays))).to.contain("not ready");
    expect(pods).to.deep.equal([1]);
    expect(clock.nowMs() - before).to.be.greaterThan(350_000);
    expect(harness.isAtRest).to.equal(true);
  });

  it("is nothing where there are no pods, or where the process ends anyway", async () => {
    const gone = await Harness.atRest();
    gone.whenWeightIs(20, () => gone.world.canary?.scale(0, gone.clock.nowMs()));
    const before = gone.clock.nowMs();
    expect(messageOf(await gone.up("r2", stays))).to.contain("scaled to 0 from outside");
    expect(gone.clock.nowMs() - before).to.be.below(120_000);
    const ending = await Harness.atRest();
    const told = { ms: 0 };
    ending.whenWeightIs(20, () => {
      told.ms = ending.clock.nowMs();
      void ending.registry.shutdown("SIGINT");
    });
    expect(messageOf(await ending.up("r2", stays))).to.contain("interrupted: SIGINT");
    expect(ending.clock.nowMs() - told.ms).to.be.below(40_000);
    expect(ending.isAtRest).to.equal(true);
  });

  it("is tried again by the next update where it can't be scaled down", async () => {
    const harness = await failing();
    const { world } = harness;
    harness.before = ({ name }) => {
      if (name === "scaleCanary 0") throw new Error("deployments.apps is forbidden");
    };
    expect(messageOf(await harness.up("r2", stays))).to.contain("success rate");
    expect(world.messages.at(-1)).to.equal(
      "podinfo.test: the canary's pods could not be scaled down (deployments.apps is forbidden): the next update does it",
    );
    expect(world.canary?.replicas).to.equal(1);
    harness.before = () => undefined;
    world.behaviour = { ...world.behaviour, canary: healthy };
    expect(messageOf(await harness.revive("r3"))).to.equal("succeeded");
    expect(harness.isAtRest).to.equal(true);
  });
});
