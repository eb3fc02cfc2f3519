import { expect } from "chai";
import { decide } from "../../../release/watchdog/decide.js";
import type { Memory, Snapshot } from "../../../release/watchdog/decide.js";
import { phases } from "../../../release/model/index.js";
import type { ReleaseStatus } from "../../../release/model/index.js";

const held = { owner: "ours", holder: "laptop", version: "1", transitions: 1, durationSeconds: 15 } as const;
const free = { owner: "ours", holder: undefined, version: "2", transitions: 1, durationSeconds: 15 } as const;
const beat = (number: number) => ({ holder: "laptop", beat: number });

const status: ReleaseStatus = {
  phase: "Progressing",
  canaryWeight: 10,
  plannedWeight: 50,
  failedChecks: 0,
  iterations: 0,
  lastTransitionTime: "",
  revision: "r2",
  fence: 3,
  heartbeat: beat(5),
  drainSeconds: 3,
  routeName: "podinfo-podinfo-canary",
  message: "",
  conditions: [],
  checks: [],
};

type Change = Partial<ReleaseStatus> & Partial<Pick<Snapshot, "abort" | "lease">>;

const snapshot = ({ abort, lease = held, ...changed }: Change = {}): Snapshot => ({
  status: { ...status, ...changed },
  abort,
  lease,
});

/** The decision at the end of a series of snapshots, given as seconds and what was seen. */
function after(snapshots: readonly (readonly [number, Snapshot])[], watchdogAfterSeconds = 30): string {
  let memory: Memory | undefined;
  let last = "";
  for (const [seconds, seen] of snapshots) {
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
        [0, snapshot()],
        [29, snapshot()],
      ]),
    ).to.equal("leave");
    expect(
      after([
        [0, snapshot()],
        [30, snapshot()],
      ]),
    ).to.equal("its run gave no sign of life for 30s");
  });

  it("scales a canary down that was to stay for a while after its rollback, when its time is long over", () => {
    const stays = snapshot({ phase: "Failed", canaryWeight: 0, scaleDownSeconds: 300, lease: free });
    const at = (...seconds: number[]): string => after(seconds.map((each) => [each, stays] as const));
    expect(at(0, 329)).to.equal("leave");
    expect(at(0, 330)).to.equal("its canary's pods were to stay 300s after the rollback");
    const { decision } = decide(stays, decide(stays, undefined, 0, 30).memory, 330_000, 30);
    expect(decision.kind).to.equal("scaleDown");
    expect(
      after([
        [0, stays],
        [200, snapshot({ ...stays.status, fence: 4, lease: held })],
        [400, stays],
      ]),
    ).to.equal("leave");
    expect(
      after([
        [0, snapshot({ phase: "Failed", canaryWeight: 0 })],
        [999, snapshot({ phase: "Failed", canaryWeight: 0 })],
      ]),
    ).to.equal("leave");
  });

  it("never touches a run that beats, renews its lease or moves", () => {
    for (const change of [{ heartbeat: beat(6) }, { lease: { ...held, version: "9" } }, { canaryWeight: 20 }])
      expect(
        after([
          [0, snapshot()],
          [29, snapshot(change)],
          [58, snapshot(change)],
        ]),
      ).to.equal("leave");
  });

  it("gives a run with a longer lease its time", () => {
    const lease = { ...held, durationSeconds: 120 };
    expect(
      after([
        [0, snapshot({ lease })],
        [124, snapshot({ lease })],
      ]),
    ).to.equal("leave");
    expect(
      after([
        [0, snapshot({ lease })],
        [125, snapshot({ lease })],
      ]),
    ).to.contain("no sign of life");
  });

  it("leaves everything that is at rest, in every phase", () => {
    for (const phase of phases) {
      const rest = snapshot({ phase, canaryWeight: 0 });
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
    const waiting = snapshot({ phase: "WaitingPromotion", lease: free, handoverSeconds: 300, handoverDeadline: "t" });
    expect(
      after([
        [0, snapshot()],
        [5, waiting],
        [314, waiting],
      ]),
    ).to.equal("leave");
    expect(
      after([
        [0, snapshot()],
        [5, waiting],
        [315, waiting],
      ]),
    ).to.equal("passed, but was not promoted within 300s");
    const again = snapshot({ phase: "WaitingPromotion", lease: free, handoverSeconds: 300, handoverDeadline: "t2" });
    expect(
      after([
        [0, waiting],
        [200, again],
        [500, again],
      ]),
    ).to.equal("leave");
  });

  it("lets a promotion that lives outlast the handover, and notices one that died", () => {
    const promoting = (number: number) =>
      snapshot({ phase: "WaitingPromotion", handoverSeconds: 10, heartbeat: beat(number) });
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
    expect(after([[0, snapshot({ abort })]])).to.equal("leave");
    expect(after([[0, snapshot({ abort, lease: free })]])).to.equal("aborted on request: by me now");
    const waiting = snapshot({ phase: "WaitingPromotion", lease: free, handoverSeconds: 300, abort });
    expect(after([[0, waiting]])).to.contain("aborted on request");
  });

  it("leaves a split that a failed promotion left to people", () => {
    const left = snapshot({ phase: "Promoting", lease: free, stalled: "PrimaryFailing" });
    expect(
      after([
        [0, left],
        [1000, left],
      ]),
    ).to.equal("leave");
  });
});
