import { expect } from "chai";
import { Process, settingsFor } from "../../../fakes/index.js";
import { messageOf, Theatre } from "../machine/theatre.js";
import { watchUntil } from "./watch.js";

describe("what was asked of a run that died", () => {
  it("does not meet the next one: a promote that stood when its machine was killed promotes no bad canary", async () => {
    const theatre = await Theatre.atRest();
    const { clock, world, engine, process } = theatre;
    world.behaviour.canary = { failingShare: 0, slowShare: 0 };
    theatre.whenWeightIs(20, () => {
      process.kill();
      world.command("promote", "hotfix");
      world.command("pause", "lunch");
    });
    void theatre.begin("r2");
    await watchUntil(theatre, () => theatre.status?.phase === "Failed" && theatre.isAtRest);
    expect(world.object?.commands).to.deep.equal({});

    world.behaviour.canary = { failingShare: 1, slowShare: 0 };
    const next = engine.up(settingsFor("r2"), new Process("next", clock));
    expect(messageOf(await clock.until(next))).to.match(/success rate 0\.00% < 99%/);
    expect(world.primary?.revision).to.equal("r1");
  });
});
