import { expect } from "chai";
import { Process, settingsFor, watchdogPortsOf } from "../../../fakes/index.js";
import { Watchdog } from "../../../release/watchdog/watchdog.js";
import { messageOf, Harness } from "../machine/harness.js";

const forever = new AbortController().signal;

/** Lets the watchdog look every two seconds until `done`, at most ten minutes. */
async function watchUntil(harness: Harness, done: () => boolean): Promise<void> {
  const { clock, world } = harness;
  const process = new Process("watchdog", clock);
  const sleep = (milliseconds: number): Promise<void> => process.clock.sleep(milliseconds, forever);
  const ports = watchdogPortsOf(world, process, () => undefined);
  const watchdog = new Watchdog({ watchdogAfterSeconds: 30, podName: "w-1" }, ports);
  const watch = async (): Promise<void> => {
    for (let looks = 0; looks < 300 && !done(); looks += 1) {
      await watchdog.look();
      await sleep(2_000);
    }
    await watchdog.stop();
  };
  await clock.until(watch());
}

describe("what was asked of a run that died", () => {
  it("does not meet the next one: a promote that stood when its machine was killed promotes no bad canary", async () => {
    const harness = await Harness.atRest();
    const { clock, world, engine, process } = harness;
    world.behaviour.canary = { failingShare: 0, slowShare: 0 };
    harness.whenWeightIs(20, () => {
      process.kill();
      world.command("promote", "hotfix");
      world.command("pause", "lunch");
    });
    void harness.begin("r2");
    await watchUntil(harness, () => harness.status?.phase === "Failed" && harness.isAtRest);
    expect(world.object?.commands).to.deep.equal({});

    world.behaviour.canary = { failingShare: 1, slowShare: 0 };
    const next = engine.up(settingsFor("r2"), new Process("next", clock));
    expect(messageOf(await clock.until(next))).to.match(/success rate 0\.00% < 99%/);
    expect(world.primary?.revision).to.equal("r1");
  });
});
