import { expect } from "chai";
import { findingsOf, trainFindings } from "../../../bench/faults/real/evidence.js";
import type { Evidence } from "../../../bench/faults/real/evidence.js";
import type { Change } from "../../../bench/faults/real/observer.js";

const atRest: Change = {
  atMs: 0,
  phase: "Succeeded",
  message: "",
  doing: "",
  stands: "",
  weight: 0,
  primaryWeight: 100,
  split: "",
  unrest: "",
  passed: "r1",
  promoted: "r1",
  primaryRevision: "r1",
  primaryImage: "app:1",
  canaryReplicas: 0,
};

function change(atMs: number, part: Partial<Change>): Change {
  return { ...atRest, atMs, ...part };
}

const promoted: readonly Change[] = [
  atRest,
  change(1_000, { phase: "Progressing", weight: 20 }),
  change(2_000, { phase: "Progressing", weight: 50 }),
  change(3_000, { phase: "WaitingPromotion", weight: 50, passed: "r2" }),
  change(4_000, { phase: "Promoting", weight: 25, passed: "r2", primaryRevision: "r2" }),
  change(5_000, { passed: "r2", promoted: "r2", primaryRevision: "r2" }),
];

/** The whole promotion, of an update that began so much later. */
function promotedLater(byMs: number): readonly Change[] {
  return promoted.slice(1).map((each) => ({ ...each, atMs: each.atMs + byMs }));
}

/** A hand gives a share at rest; Preparation rolls it back and writes its journal, and then the update begins. */
function healedAtRest(journalMs: number, promotedLaterMs: number): readonly Change[] {
  return [
    atRest,
    change(500, { weight: 90 }),
    change(1_500, { weight: 0 }),
    change(journalMs, { phase: "Failed", weight: 0 }),
    ...promotedLater(promotedLaterMs),
  ];
}

function unanswered(atMs: number): Evidence["failures"] {
  return [{ atMs, version: "", text: "503" }];
}

const quiet: Evidence = {
  changes: promoted,
  failures: [],
  failingVersion: "",
  handMade: [],
  canaryGoneAtMs: undefined,
  nextUpdateAtMs: 10_000,
};

function invariantsOf(evidence: Partial<Evidence>): readonly string[] {
  return findingsOf({ ...quiet, ...evidence }).map(({ invariant }) => invariant);
}

describe("the judgement of a real fault", () => {
  it("finds nothing in a release that went well", () => {
    expect(findingsOf(quiet)).to.deep.equal([]);
  });

  it("finds a share that no step plans, unless the fault itself put it there", () => {
    const changes = [...promoted.slice(0, 3), change(2_500, { phase: "Progressing", weight: 90 })];
    expect(invariantsOf({ changes })).to.deep.equal(["weight within the plan"]);
    expect(invariantsOf({ changes, handMade: [90] })).to.deep.equal([]);
  });

  it("lets a second update judge again what the first one took back", () => {
    const changes = [
      atRest,
      change(1_000, { phase: "Progressing", weight: 20 }),
      change(2_000, { phase: "Failed", weight: 0 }),
      change(3_000, { phase: "Progressing", weight: 20 }),
      change(4_000, { phase: "Failed", weight: 0 }),
    ];
    expect(invariantsOf({ changes })).to.deep.equal(["weight within the plan"]);
    expect(invariantsOf({ changes, anotherUpdate: true })).to.deep.equal([]);
  });

  it("lays the failures of a share that a hand gave while the canary got ready to the hand, and to nothing else", () => {
    const changes = [
      atRest,
      change(300, { weight: 0 }),
      change(500, { weight: 90 }),
      change(900, { weight: 0 }),
      ...promotedLater(2_000),
    ];
    const byHand = { changes, handMade: [90], unplannedHandMs: 200 };
    expect(invariantsOf({ ...byHand, failures: unanswered(1_000) })).to.deep.equal([]);
    expect(invariantsOf({ ...byHand, failures: unanswered(3_500) })).to.deep.equal([
      "no failed request but the canary's own",
    ]);
  });

  it("lays the failures of a share that a hand gave at rest to the hand, until it is healed and no longer", () => {
    const byHand = { changes: healedAtRest(1_600, 2_000), handMade: [90], unplannedHandMs: 450 };
    expect(invariantsOf({ ...byHand, failures: unanswered(1_000) })).to.deep.equal([]);
    expect(invariantsOf({ ...byHand, failures: unanswered(2_500) })).to.deep.equal([
      "no failed request but the canary's own",
    ]);
    expect(invariantsOf({ ...byHand, unplannedHandMs: undefined, failures: unanswered(1_000) })).to.include(
      "no failed request but the canary's own",
    );
  });

  it("begins the run's own story at Preparation's journal, however long it drained before", () => {
    const changes = healedAtRest(5_500, 5_000);
    expect(invariantsOf({ changes, handMade: [90], unplannedHandMs: 450 })).to.deep.equal([]);
  });

  it("finds traffic that comes back after the rollback, but not that of the next update", () => {
    const failed = change(3_000, { phase: "Failed" });
    const changes = [...promoted.slice(0, 3), failed, change(4_000, { phase: "Progressing", weight: 20 })];
    expect(invariantsOf({ changes })).to.deep.equal(["weight within the plan"]);
    expect(invariantsOf({ changes, nextUpdateAtMs: 3_500 })).to.deep.equal([]);
  });

  it("finds a revision on the primary that nobody judged", () => {
    const changes = [...promoted.slice(0, 3), change(3_000, { phase: "Progressing", primaryRevision: "r2" })];
    expect(invariantsOf({ changes })).to.deep.equal(["only judged revisions on the primary"]);
  });

  it("counts what the failing canary answered as its own, and nothing else", () => {
    const failure = (version: string) => ({ atMs: 2_000, version, text: "500" });
    expect(invariantsOf({ failures: [failure("2")], failingVersion: "2" })).to.deep.equal([]);
    expect(invariantsOf({ failures: [failure("1")], failingVersion: "2" })).to.have.length(1);
    expect(invariantsOf({ failures: [failure("")], failingVersion: "2" })).to.have.length(1);
    expect(invariantsOf({ failures: [failure("2")] })).to.have.length(1);
    expect(invariantsOf({ failures: [failure("")] })).to.have.length(1);
  });

  it("counts what nobody answered as the canary's while its pods are gone, but only for seconds", () => {
    const failures = unanswered(2_000);
    expect(invariantsOf({ failures, canaryGoneAtMs: 1_500 })).to.deep.equal([]);
    expect(invariantsOf({ failures, canaryGoneAtMs: 2_500 })).to.have.length(1);
    expect(invariantsOf({ failures: unanswered(60_000), canaryGoneAtMs: 1_500 })).to.have.length(1);
  });

  it("counts what a killed gateway had in hand as the gateway's, but only until its address is gone", () => {
    expect(invariantsOf({ failures: unanswered(2_000), gatewayGoneAtMs: 1_500 })).to.deep.equal([]);
    expect(invariantsOf({ failures: unanswered(1_400), gatewayGoneAtMs: 1_500 })).to.have.length(1);
    expect(invariantsOf({ failures: unanswered(60_000), gatewayGoneAtMs: 1_500 })).to.have.length(1);
    const answered = [{ atMs: 2_000, version: "1", text: "500" }];
    expect(invariantsOf({ failures: answered, gatewayGoneAtMs: 1_500 })).to.have.length(1);
  });
});

describe("the judgement of a strategy", () => {
  const planned = [{ base: 0, matched: 100 }] as const;
  const matched: Partial<Change> = { phase: "Progressing", weight: 100, split: "matched users" };
  const shipped = change(3_000, { primaryImage: "app:2", primaryRevision: "r2", passed: "r2" });

  it("knows the rules that a plan moves: matching users are no weight, and all users are none of them", () => {
    const changes = [atRest, change(1_000, matched)];
    expect(invariantsOf({ changes, planned })).to.deep.equal([]);
    expect(invariantsOf({ changes })).to.deep.equal(["weight within the plan"]);
    const everybody = [atRest, change(1_000, { ...matched, split: "100%" })];
    expect(invariantsOf({ changes: everybody, planned })).to.deep.equal(["weight within the plan"]);
  });

  it("finds who is answered by a canary that is none of theirs, and nobody whom the new primary answers", () => {
    const changes = [atRest, change(1_000, matched), shipped];
    const met = (atMs: number, version = "2") => ({
      ...{ changes, planned, meetings: [{ who: "everybody else", version, atMs }] },
    });
    const leak = ["nobody but the meant users reaches the canary"];
    expect(invariantsOf(met(3_100))).to.deep.equal([]);
    expect(invariantsOf(met(500, "1"))).to.deep.equal([]);
    expect(invariantsOf(met(2_000))).to.deep.equal(leak);
    expect(invariantsOf(met(2_000, "3"))).to.deep.equal(leak);
  });

  it("finds a failing version on the primary, though its own answers are excused", () => {
    const failures = [{ atMs: 3_500, version: "2", text: "500" }];
    const changes = [atRest, change(1_000, matched), shipped];
    expect(invariantsOf({ changes, planned, failures, failingVersion: "2" })).to.deep.equal([
      "only judged revisions on the primary",
    ]);
    expect(invariantsOf({ changes, planned, failures, failingVersion: "2", nextUpdateAtMs: 2_500 })).to.deep.equal([]);
  });
});

describe("the judgement of a train", () => {
  const found = change(0, { stands: "left" });
  const aboard = change(1_000, { phase: "Progressing", stands: "aboard" });
  const ready = (atMs: number) => change(atMs, { phase: "WaitingPromotion", stands: "ready" });
  const left = (atMs: number) => change(atMs, { stands: "left", primaryRevision: "r2" });

  it("finds nothing where all go, or none does", () => {
    const both = [
      [found, aboard, ready(2_000), left(5_000)],
      [found, aboard, ready(4_000), left(5_100)],
    ];
    expect(trainFindings(both)).to.deep.equal([]);
    expect(
      trainFindings([
        [found, aboard, ready(2_000)],
        [found, aboard],
      ]),
    ).to.deep.equal([]);
    expect(trainFindings([[atRest, left(500)]])).to.deep.equal([]);
  });

  it("finds a member that went before another had passed in this update", () => {
    const early = [found, aboard, ready(2_000), left(3_000)];
    for (const other of [[found, aboard, ready(4_000)], [found, aboard], [found]])
      expect(trainFindings([early, other]).map(({ invariant }) => invariant)).to.deep.equal([
        "one verdict for all of a train",
      ]);
  });
});
