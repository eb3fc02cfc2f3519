import { expect } from "chai";
import fc from "fast-check";
import {
  bucketPattern,
  bucketsFor,
  emptyBuckets,
  highestSplit,
  isAtRest,
  isOwnName,
  isWithin,
  ownRulesOf,
  percentOfPattern,
  restSplit,
  ruleKinds,
  ruleKindOf,
  ruleNameOf,
  sameSplit,
  shareOfWeights,
  shownWeight,
  splitText,
  strategyKindOf,
  weightsFor,
  withoutRest,
} from "../../../release/strategy/index.js";
import type { Split } from "../../../release/strategy/index.js";

const percent = fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100);
const allOrNothing = fc.constantFrom<0 | 100>(0, 100);
const anySplit: fc.Arbitrary<Split> = fc.record({
  base: percent,
  matched: allOrNothing,
  preview: allOrNothing,
  mirrorPercent: percent,
  bucketsPercent: percent,
});

describe("strategy: split", () => {
  it("is the same however it is said", () => {
    fc.assert(fc.property(anySplit, (split) => sameSplit(split, withoutRest(split))));
    expect(sameSplit({ base: 0, matched: 0 }, restSplit)).to.equal(true);
    expect(sameSplit({ base: 0, matched: 100 }, restSplit)).to.equal(false);
  });

  it("rests only where no rule leads to the canary", () => {
    expect(isAtRest({ base: 0, mirrorPercent: 0 })).to.equal(true);
    expect(isAtRest({ base: 0, mirrorPercent: 0.01 })).to.equal(false);
    expect(isAtRest({ base: 0, preview: 100 })).to.equal(false);
  });

  it("knows the highest of several, which all are within", () => {
    fc.assert(
      fc.property(fc.array(anySplit, { minLength: 1 }), (splits) => {
        const highest = highestSplit(splits);
        return splits.every((split) => isWithin(split, highest));
      }),
    );
    expect(highestSplit([{ base: 0, preview: 100 }, { base: 100 }])).to.deep.equal({ base: 100, preview: 100 });
  });

  it("shows people the share of users: previews and copies are none", () => {
    expect(shownWeight({ base: 0, preview: 100, mirrorPercent: 50 })).to.equal(0);
    expect(shownWeight({ base: 0, matched: 100 })).to.equal(100);
    expect(shownWeight({ base: 0, bucketsPercent: 0.1 })).to.equal(0.1);
    expect(splitText({ base: 0, mirrorPercent: 20 })).to.equal("mirror 20%");
    expect(splitText({ base: 10 })).to.equal("10%");
    expect(splitText(restSplit)).to.equal("0%");
  });

  it("is written as whole numbers and read back as the same share", () => {
    expect(weightsFor(10)).to.deep.equal({ canary: 10, primary: 90 });
    expect(weightsFor(0.1)).to.deep.equal({ canary: 1, primary: 999 });
    expect(weightsFor(12.25)).to.deep.equal({ canary: 1225, primary: 8775 });
    fc.assert(
      fc.property(percent, (share) => {
        const { canary, primary } = weightsFor(share);
        return shareOfWeights(canary, primary) === share && Number.isInteger(canary) && Number.isInteger(primary);
      }),
    );
  });
});

const ownKinds = ["match", "preview", "bucket", "newcomer", "mirror"] as const;

describe("strategy: rules", () => {
  it("are named after their base, and known again by their names", () => {
    expect(ruleNameOf("app", "match", 1)).to.equal("app-match-2");
    for (const kind of ruleKinds)
      for (const entry of kind === "match" ? [0, 1, 9] : [0])
        expect(ruleKindOf(ruleNameOf("app-2", kind, entry), ownKinds)).to.equal(kind);
  });

  it("are the user's own where the strategy has none of that kind", () => {
    expect(ruleKindOf("app-match", [])).to.equal("base");
    expect(isOwnName("app-match")).to.equal(true);
    expect(isOwnName("match-app")).to.equal(false);
  });

  it("follow from the strategy, in a fixed order", () => {
    const match = [{ headers: { "x-canary": { exact: "yes" } } }];
    expect(strategyKindOf({ match, iterations: 3 })).to.equal("abTesting");
    expect(strategyKindOf({ iterations: 3 })).to.equal("blueGreen");
    expect(strategyKindOf({ stepWeight: 10 })).to.equal("canary");
    expect(ownRulesOf({ match, mirror: true, preview: { path: "/p" } })).to.deep.equal(["match", "preview", "mirror"]);
    expect(ownRulesOf({ mirror: false, stepWeight: 10 })).to.deep.equal([]);
    const affinity = { cookieName: "a", maxAge: 60, secure: false };
    expect(ownRulesOf({ sessionAffinity: { ...affinity, cookieless: "primary" } })).to.deep.equal(["bucket"]);
    expect(ownRulesOf({ sessionAffinity: { ...affinity, cookieless: "weight" } })).to.deep.equal([
      "bucket",
      "newcomer",
    ]);
  });
});

describe("strategy: buckets", () => {
  const cookie = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16).padStart(4, "0"));

  it("match exactly the cookies below the share, so that raising it only adds users", () => {
    fc.assert(
      fc.property(percent, cookie, (share, first) => {
        const isCanarys = new RegExp(bucketPattern(share)).test(`${first}a1b2`);
        return isCanarys === Number.parseInt(first, 16) < bucketsFor(share);
      }),
      { numRuns: 2_000 },
    );
  });

  it("are as many as the share says, one in a thousand too", () => {
    const all = Array.from({ length: 0x10000 }, (_, value) => value.toString(16).padStart(4, "0"));
    for (const share of [0, 0.01, 0.1, 1, 10, 33.33, 50, 99.99, 100]) {
      const pattern = new RegExp(bucketPattern(share));
      expect(all.filter((each) => pattern.test(each)).length).to.equal(bucketsFor(share));
    }
    expect(bucketsFor(0.1)).to.equal(66);
    expect(["", "-", "0000"].filter((each) => each !== "-" && new RegExp(emptyBuckets).test(each))).to.deep.equal([]);
  });

  it("are read back as the share", () => {
    for (const share of [0, 0.01, 0.1, 5, 10, 49.99, 50, 100])
      expect(percentOfPattern(bucketPattern(share))).to.equal(share);
    expect(percentOfPattern("^x")).to.equal(undefined);
  });
});
