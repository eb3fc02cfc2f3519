import { expect } from "chai";
import fc from "fast-check";
import { trainStandings } from "../../../release/model/index.js";
import { decideTogether, refusalInOrder, remember, silentSeconds, standingOf } from "../../../release/train/index.js";
import type { Circumstances, Seen } from "../../../release/train/index.js";

const now: Circumstances = {
  train: "shop",
  update: "this",
  lostAfterSeconds: 60,
  readySeconds: undefined,
  patienceSeconds: 600,
};

type Train = NonNullable<NonNullable<Seen["status"]>["train"]>;

const seen = (train: Partial<Train> | undefined, rest: Partial<Seen> = {}): Seen => ({
  label: "web.shop",
  revision: "r2",
  status: {
    promotedRevision: "r1",
    ...(train === undefined
      ? {}
      : { train: { name: "shop", update: "this", revision: "r2", stands: "aboard", ...train } }),
  },
  silentSeconds: 0,
  ...rest,
});

const anybody: fc.Arbitrary<Seen> = fc
  .record({
    label: fc.constantFrom("web.shop", "cart.shop", "pay.shop"),
    revision: fc.constantFrom("r1", "r2"),
    promotedRevision: fc.constantFrom("r1", "r2"),
    stands: fc.constantFrom(...trainStandings),
    update: fc.constantFrom("this", "earlier"),
    came: fc.constantFrom("r1", "r2"),
    silentSeconds: fc.integer({ min: 0, max: 120 }),
    known: fc.boolean(),
  })
  .map(({ label, revision, promotedRevision, stands, update, came, silentSeconds: silent, known }) => ({
    label,
    revision,
    status: known ? { promotedRevision, train: { name: "shop", update, revision: came, stands } } : undefined,
    silentSeconds: silent,
  }));

const circumstances: fc.Arbitrary<Circumstances> = fc
  .option(fc.integer({ min: 0, max: 1_200 }), { nil: undefined })
  .map((readySeconds) => ({ ...now, readySeconds }));

describe("train: decide", () => {
  it("goes exactly when nobody is out and everybody with a change has passed", () => {
    fc.assert(
      fc.property(fc.array(anybody, { maxLength: 4 }), circumstances, (others, at) => {
        const kinds = others.map((each) => standingOf(each, at).kind);
        const all = kinds.every((kind) => ["serves", "ready", "left"].includes(kind));
        expect(decideTogether(others, at).kind === "go").to.equal(all);
      }),
    );
  });

  it("takes a member back exactly when another is out, or has let it wait for too long", () => {
    fc.assert(
      fc.property(fc.array(anybody, { maxLength: 4 }), circumstances, (others, at) => {
        const kinds = others.map((each) => standingOf(each, at).kind);
        const late = (at.readySeconds ?? 0) >= at.patienceSeconds && kinds.includes("toCome");
        expect(decideTogether(others, at).kind === "takeBack").to.equal(kinds.includes("out") || late);
      }),
    );
  });

  it("never minds the order in which the others are seen", () => {
    fc.assert(
      fc.property(fc.array(anybody, { maxLength: 4 }), circumstances, (others, at) => {
        expect(decideTogether(others.toReversed(), at).kind).to.equal(decideTogether(others, at).kind);
      }),
    );
  });

  it("doesn't wait for ever: everybody is done, out, or lost at last", () => {
    fc.assert(
      fc.property(fc.array(anybody, { maxLength: 4 }), (others) => {
        const late = others.map((each) => ({ ...each, silentSeconds: 10_000 }));
        expect(decideTogether(late, { ...now, readySeconds: 10_000 }).kind).not.to.equal("wait");
      }),
    );
  });

  it("counts nobody who serves what is asked, and nothing that an earlier update has left", () => {
    expect(standingOf(seen(undefined, { revision: "r1" }), now)).to.deep.equal({ kind: "serves" });
    for (const stands of trainStandings)
      expect(standingOf(seen({ stands, update: "earlier" }), now)).to.deep.equal({ kind: "toCome" });
    expect(standingOf(seen({ stands: "out", revision: "r1" }), now)).to.deep.equal({ kind: "toCome" });
  });

  it("says who waits for whom, and who is out and why", () => {
    const others = [seen({ stands: "aboard" }), seen(undefined, { label: "pay.shop" })];
    expect(decideTogether(others, now)).to.deep.equal({
      kind: "wait",
      sentence: "train shop waits for pay.shop (to come) and web.shop",
    });
    const out = seen({ stands: "out", why: "success rate 80% < 99%" });
    const sentence = "train shop: web.shop is out: success rate 80% < 99%";
    expect(decideTogether([out], now)).to.deep.equal({ kind: "takeBack", sentence, follows: "web.shop" });
    const follower = seen({ stands: "out", why: sentence, follows: "web.shop" }, { label: "pay.shop" });
    for (const both of [[follower, out], [follower]])
      expect(decideTogether(both, now)).to.deep.equal({ kind: "takeBack", sentence, follows: "web.shop" });
  });

  it("in order, begins only after everybody before it", () => {
    expect(refusalInOrder([], "shop")).to.equal(undefined);
    expect(refusalInOrder([seen(undefined, { revision: "r1" })], "shop")).to.equal(undefined);
    expect(refusalInOrder([seen({ stands: "left" })], "shop")).to.equal(
      "train shop goes in order, and web.shop before it does not serve revision r2 yet: update that one first",
    );
  });

  it("takes nobody for silent who wasn't looked at meanwhile", () => {
    const status = { phase: "Progressing", canaryWeight: 10, fence: 1, heartbeat: { holder: "a", beat: 1 } } as const;
    let memory = remember(status, undefined, 0);
    for (let atMs = 2_000; atMs <= 20_000; atMs += 2_000) memory = remember(status, memory, atMs);
    expect(silentSeconds(memory)).to.equal(20);
    expect(silentSeconds(remember(status, memory, 90_000))).to.equal(0);
    expect(silentSeconds(remember({ ...status, heartbeat: { holder: "a", beat: 2 } }, memory, 22_000))).to.equal(0);
  });
});
