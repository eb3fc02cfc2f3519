import { expect } from "chai";
import {
  AdoptionWorld,
  adoptionPortsOf,
  FakePiece,
  Process,
  settingsFor,
  VirtualClock,
  World,
} from "../../../fakes/index.js";
import type { AdoptionKind } from "../../../release/adoption/index.js";
import { runAdoption, runHandBack } from "../../../release/machine/index.js";

const never = new AbortController().signal;

/** An application with users, and takeovers of it in one process after the other. */
class Story {
  readonly clock = new VirtualClock();
  readonly world = new World(this.clock);
  readonly taken: AdoptionWorld;

  constructor(readonly kind: AdoptionKind) {
    this.world.route = undefined;
    const now = this.clock.nowMs();
    const isFlaggers = kind === "flagger";
    this.taken = new AdoptionWorld(
      this.world,
      isFlaggers ? { apex: "primary", primary: "primary" } : { apex: "target", primary: "missing" },
    );
    this.taken.pieces.target = new FakePiece("others", isFlaggers ? 0 : 3, "v1", now);
    if (!isFlaggers) return;
    this.taken.pieces.primary = new FakePiece("flagger", 3, "flagger's v1", now);
    this.taken.canaryService = "target";
    this.taken.flagger = { phase: "Succeeded", canaryWeight: 0, suspended: false, owns: ["primary", "services"] };
  }

  /** A takeover, or the way back, in a process that dies at its so many-th use of a port; its message. */
  run(what: "adopt" | "handBack" = "adopt", diesAtCall = Infinity): Promise<string | undefined> {
    const process = new Process("run", this.clock);
    let uses = 0;
    this.world.around = (_call, perform) => {
      if (uses++ >= diesAtCall) {
        process.kill();
        return new Promise(() => undefined);
      }
      return Promise.resolve(perform());
    };
    const ports = adoptionPortsOf(this.taken, process);
    const settings = settingsFor("r1");
    const work =
      what === "adopt" ? runAdoption(settings, ports, this.kind, never) : runHandBack(settings, ports, never);
    const told = work.then(
      () => "done",
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    return this.clock.until(process.outcome(told));
  }

  get uses(): number {
    return this.world.calls.length;
  }

  expectTaken(): void {
    const { pieces, flagger } = this.taken;
    expect(this.taken.unansweredMs, "unanswered").to.equal(0);
    expect(this.taken.pointing("apex")).to.equal("primary");
    expect(this.taken.pointing("primary")).to.equal("primary");
    expect(pieces.primary).to.include({ heldBy: "release", replicas: 3 });
    expect(pieces.target).to.include({ heldBy: "release", replicas: 0 });
    expect(pieces.interim).to.equal(undefined);
    expect(flagger).to.equal(undefined);
    expect(this.world.object?.status).to.include({ phase: "Initialized", promotedRevision: pieces.primary?.revision });
  }

  expectGivenBack(): void {
    const { pieces } = this.taken;
    expect(this.taken.unansweredMs, "unanswered").to.equal(0);
    expect(this.taken.pointing("apex")).to.equal("target");
    expect(pieces.target).to.include({ heldBy: "others", replicas: 3 });
    expect(pieces.primary).to.equal(undefined);
    expect(pieces.interim).to.equal(undefined);
    expect([this.taken.restRemoved, this.taken.letGone]).to.deep.equal([true, true]);
  }
}

for (const kind of ["deployment", "flagger"] as const) {
  describe(`a takeover from a ${kind}`, () => {
    it("leaves no user without an answer", async () => {
      const story = new Story(kind);
      expect(await story.run()).to.equal("done");
      story.expectTaken();
    });

    it("has nothing to do when it is done", async () => {
      const story = new Story(kind);
      await story.run();
      const writes = /^(raise|point|retire|take|make|halt|free|dismiss)/;
      const before = story.world.calls.filter(({ name }) => writes.test(name)).length;
      expect(await story.run()).to.equal("done");
      expect(story.world.calls.filter(({ name }) => writes.test(name))).to.have.length(before);
    });

    it("is finished by the next update, wherever its process died", async () => {
      const whole = new Story(kind);
      await whole.run();
      expect(whole.uses).to.be.greaterThan(30);
      for (let at = 0; at < whole.uses; at += 1) {
        const story = new Story(kind);
        await story.run("adopt", at);
        expect(await story.run(), `died at use ${at}`).to.equal("done");
        story.expectTaken();
      }
    });

    it("is given back, wherever the process died on the way", async () => {
      const whole = new Story(kind);
      await whole.run();
      const first = whole.uses;
      expect(await whole.run("handBack")).to.equal("done");
      whole.expectGivenBack();
      for (let at = 0; at < whole.uses - first; at += 1) {
        const story = new Story(kind);
        await story.run();
        await story.run("handBack", at);
        expect(await story.run("handBack"), `died at use ${at}`).to.equal("done");
        story.expectGivenBack();
      }
    });

    it("is taken over once more by an update in the middle of the way back", async () => {
      const whole = new Story(kind);
      await whole.run();
      const first = whole.uses;
      await whole.run("handBack");
      for (let at = 0; at < whole.uses - first; at += 3) {
        const story = new Story(kind);
        await story.run();
        await story.run("handBack", at);
        expect(await story.run(), `died at use ${at}`).to.equal("done");
        expect(story.taken.unansweredMs, "unanswered").to.equal(0);
        expect(story.taken.pointing("apex")).to.equal("primary");
        expect(story.taken.pieces.primary?.serves(story.clock.nowMs())).to.equal(true);
      }
    });

    it("keeps what is there while a gateway does not follow", async () => {
      const story = new Story(kind);
      story.taken.frozen = true;
      const message = await story.run();
      expect(message).to.match(/keeps its pods: the gateway still sends it requests \(after 60s\)/);
      expect(story.taken.unansweredMs).to.equal(0);
      story.taken.frozen = false;
      expect(await story.run()).to.equal("done");
      story.expectTaken();
    });

    it("keeps what is there while nobody can tell whether it is asked", async () => {
      const story = new Story(kind);
      story.taken.metricsAway = true;
      expect(await story.run()).to.match(/keeps its pods: Prometheus does not answer/);
      expect(story.taken.unansweredMs).to.equal(0);
    });

    it("ends where it is when a person says so", async () => {
      const story = new Story(kind);
      story.world.command("abort", "wrong day");
      expect(await story.run()).to.match(/aborted on request: wrong day; users are where they were/);
      expect(await story.run()).to.equal("done");
      story.expectTaken();
    });
  });
}

describe("a takeover", () => {
  it("switches nothing while the new pods don't get ready", async () => {
    const story = new Story("deployment");
    const broken = new FakePiece("release", 3, "v1", 0);
    Object.assign(broken, { broken: true, madeFrom: "v1" });
    story.taken.pieces.primary = broken;
    expect(await story.run()).to.equal(
      "podinfo.test: Deployment podinfo-primary is not ready after 60s (waiting for rollout to finish: 0 of 3 (readyThreshold 100%) updated replicas are available): users are where they were; see its pods, and run the update again",
    );
    expect(story.taken.pointing("apex")).to.equal("target");
    expect(story.taken.unansweredMs).to.equal(0);
  });

  it("takes what users have at the switch, when somebody deployed in the meantime", async () => {
    const story = new Story("deployment");
    story.clock.at(1_000, () => {
      if (story.taken.pieces.target !== undefined) story.taken.pieces.target.template = "v2";
    });
    expect(await story.run()).to.equal("done");
    expect(story.taken.pieces.primary?.madeFrom).to.equal("v2");
    story.expectTaken();
  });

  it("refuses a primary of somebody else's", async () => {
    const story = new Story("deployment");
    story.taken.pieces.primary = new FakePiece("others", 1, "theirs", 0);
    expect(await story.run()).to.equal(
      "podinfo.test: the primary's Deployment is somebody else's; nothing was changed",
    );
    expect(story.taken.pieces.primary).to.include({ template: "theirs", replicas: 1 });
  });

  it("refuses a Service that selects neither", async () => {
    const story = new Story("deployment");
    story.taken.point("apex", "others");
    expect(await story.run()).to.match(/its Service selects neither its pods nor the primary's; nothing was changed/);
  });

  for (const [phase, canaryWeight] of [
    ["Progressing", 10],
    ["Succeeded", 10],
    ["", 0],
  ] as const) {
    it(`waits for people while Flagger is ${phase || "not initialized"} at ${canaryWeight}%`, async () => {
      const story = new Story("flagger");
      if (story.taken.flagger !== undefined) Object.assign(story.taken.flagger, { phase, canaryWeight });
      expect(await story.run()).to.match(/Flagger's Canary is .*: wait until it is over/);
      expect(story.taken.flagger?.suspended).to.equal(false);
    });
  }

  it("is not given back where only its setting left the program", async () => {
    const story = new Story("deployment");
    await story.run();
    story.taken.meant = false;
    expect(await story.run("handBack")).to.equal("done");
    story.expectTaken();
  });

  it("that never came to the switch leaves no trace when it is given back", async () => {
    const story = new Story("deployment");
    const broken = new FakePiece("release", 3, "v1", 0);
    Object.assign(broken, { broken: true, madeFrom: "v1" });
    story.taken.pieces.primary = broken;
    await story.run();
    expect(await story.run("handBack")).to.equal("done");
    story.expectGivenBack();
  });
});
