import { expect } from "chai";
import { decide, mayReturn } from "../../../release/watchdog/decide.js";
import type { Look, Memory } from "../../../release/watchdog/decide.js";
import { phases } from "../../../release/model/index.js";
import * as model from "../../../release/model/index.js";
import * as names from "../../../release/watchdog/names.js";

const held = { holder: "laptop", version: "1", durationSeconds: 15 };
const free = { holder: undefined, version: "2", durationSeconds: 15 };

const look = (changed: Partial<Look> = {}): Look => ({
  phase: "Progressing",
  canaryWeight: 10,
  revision: "r2",
  fence: 3,
  heartbeat: "laptop 5",
  handoverDeadline: "",
  handoverSeconds: 0,
  leftToPeople: false,
  abort: undefined,
  lease: held,
  ...changed,
});

/** The decision at the end of a series of looks, given as seconds and what was seen. */
function after(looks: readonly (readonly [number, Look])[], watchdogAfterSeconds = 30): string {
  let memory: Memory | undefined;
  let last = "";
  for (const [seconds, seen] of looks) {
    const { memory: next, decision } = decide(seen, memory, seconds * 1000, watchdogAfterSeconds);
    memory = next;
    last = decision.kind === "leave" ? "leave" : decision.reason;
  }
  return last;
}

describe("the watchdog's decision", () => {
  it("takes back a run that gave no sign for so long, by its own clock", () => {
    expect(
      after([
        [0, look()],
        [29, look()],
      ]),
    ).to.equal("leave");
    expect(
      after([
        [0, look()],
        [30, look()],
      ]),
    ).to.equal("its run gave no sign of life for 30s");
  });

  it("never touches a run that beats, renews its lease or moves", () => {
    for (const change of [{ heartbeat: "laptop 6" }, { lease: { ...held, version: "9" } }, { canaryWeight: 20 }])
      expect(
        after([
          [0, look()],
          [29, look(change)],
          [58, look(change)],
        ]),
      ).to.equal("leave");
  });

  it("gives a run with a longer lease its time", () => {
    const lease = { ...held, durationSeconds: 120 };
    expect(
      after([
        [0, look({ lease })],
        [124, look({ lease })],
      ]),
    ).to.equal("leave");
    expect(
      after([
        [0, look({ lease })],
        [125, look({ lease })],
      ]),
    ).to.contain("no sign of life");
  });

  it("leaves everything that is at rest, in every phase", () => {
    for (const phase of phases) {
      const rest = look({ phase, canaryWeight: 0 });
      const underWay = ["Waiting", "Progressing", "WaitingPromotion", "Promoting", "Finalising"].includes(phase);
      expect(
        after([
          [0, rest],
          [1000, rest],
        ]) === "leave",
        phase,
      ).to.equal(!underWay);
    }
  });

  it("waits for the handover's length since it first saw it, and a grace for the provider itself", () => {
    const waiting = look({ phase: "WaitingPromotion", lease: free, handoverSeconds: 300, handoverDeadline: "t" });
    expect(
      after([
        [0, look()],
        [5, waiting],
        [314, waiting],
      ]),
    ).to.equal("leave");
    expect(
      after([
        [0, look()],
        [5, waiting],
        [315, waiting],
      ]),
    ).to.equal("passed, but was not promoted within 300s");
    const again = { ...waiting, handoverDeadline: "t2" };
    expect(
      after([
        [0, waiting],
        [200, again],
        [500, again],
      ]),
    ).to.equal("leave");
  });

  it("lets a promotion that lives outlast the handover, and notices one that died", () => {
    const promoting = (beat: number) =>
      look({ phase: "WaitingPromotion", handoverSeconds: 10, heartbeat: `laptop ${beat}` });
    expect(
      after([
        [0, promoting(1)],
        [25, promoting(2)],
        [50, promoting(3)],
      ]),
    ).to.equal("leave");
    expect(
      after([
        [0, promoting(1)],
        [30, promoting(1)],
      ]),
    ).to.contain("no sign of life");
  });

  it("obeys an abort only where nobody else will", () => {
    const abort = "by me\nnow";
    expect(after([[0, look({ abort })]])).to.equal("leave");
    expect(after([[0, look({ abort, lease: free })]])).to.equal("aborted on request: by me now");
    const waiting = look({ phase: "WaitingPromotion", lease: free, handoverSeconds: 300, abort });
    expect(after([[0, waiting]])).to.contain("aborted on request");
  });

  it("leaves a split that a failed promotion left to people", () => {
    const left = look({ phase: "Promoting", lease: free, leftToPeople: true });
    expect(
      after([
        [0, left],
        [1000, left],
      ]),
    ).to.equal("leave");
  });
});

describe("whether the traffic may return", () => {
  const sides = { sameRevision: false, primaryRolledOut: true, primaryReady: 2, canaryReady: 1 };
  it("needs somebody at the primary", () => {
    expect(mayReturn(sides).kind).to.equal("yes");
    expect(mayReturn({ ...sides, primaryReady: 0 }).kind).to.equal("no");
    expect(mayReturn({ ...sides, primaryReady: 0, canaryReady: 0 }).kind).to.equal("yes");
  });
  it("needs a primary that is ready with the new revision where it carries it already", () => {
    expect(mayReturn({ ...sides, sameRevision: true }).kind).to.equal("yes");
    expect(mayReturn({ ...sides, sameRevision: true, primaryRolledOut: false }).kind).to.equal("no");
    expect(mayReturn({ ...sides, primaryRolledOut: false }).kind).to.equal("yes");
  });
});

describe("the watchdog's names", () => {
  it("are those of the runtime", () => {
    expect(names.fenceAnnotation).to.equal(model.annotations.fence);
    expect(names.abortAnnotation).to.equal(model.annotations.abort);
    expect(names.revisionAnnotation).to.equal(model.annotations.revision);
    expect(names.fieldManager).to.equal(model.fieldManager);
    expect(names.releasesPath).to.equal(`/apis/${model.apiGroup}/${model.apiVersion}`);
  });
});
