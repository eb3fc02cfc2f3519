import { expect } from "chai";
import fc from "fast-check";
import { rulesAtRest, ownedRules } from "../../../components/canary-release/route/index.js";
import { partsOf } from "../../../release/adapters/kubernetes/routes/parts.js";
import { operationsFor, splitOf } from "../../../release/adapters/kubernetes/routes/split.js";
import type { Operation } from "../../../release/adapters/kubernetes/routes/split.js";
import { route as schema } from "../../../release/adapters/kubernetes/schemas.js";
import type { Route } from "../../../release/adapters/kubernetes/schemas.js";
import { release } from "../../../release/settings/index.js";
import { bucketPattern, restSplit, withoutRest } from "../../../release/strategy/index.js";
import type { Split } from "../../../release/strategy/index.js";

const backends = { canary: "app-canary", primary: "app-primary" };
const analysis = {
  ...release.shape.analysis.parse({ stepWeight: 10 }),
  match: [{ headers: { a: { exact: "1" } } }, { headers: { b: { exact: "1" } } }],
  preview: { header: { name: "p", value: "1" } },
  mirror: true,
  sessionAffinity: {
    cookieName: "bucket",
    maxAge: 60,
    secure: false,
    cookieless: "weight" as const,
  },
};
const rules = rulesAtRest(ownedRules("app", "app", 80, { hosts: ["a"] }), {
  analysis,
  service: "app",
  port: 80,
  mirrorToken: "t",
});
const atRest = {
  metadata: { annotations: { "apisix-canary.io/rules": "match,preview,bucket,newcomer,mirror" } },
  spec: { http: rules },
};

/** What the API server does with the operations. @throws Error where a test fails */
function patched(object: unknown, operations: readonly Operation[]): unknown {
  const copy: unknown = JSON.parse(JSON.stringify(object));
  for (const { op, path, value } of operations) {
    const keys = path.split("/").slice(1);
    const last = keys.pop() ?? "";
    const holder = keys.reduce<object>(
      (inner, key) => Object(Reflect.get(inner, key)) as object,
      Object(copy) as object,
    );
    if (op === "add") Reflect.set(holder, last, value);
    else if (Reflect.get(holder, last) !== value) throw new Error(`test failed: ${path}`);
  }
  return copy;
}

const read = (object: unknown): Route => schema.parse(object);
const parts = (object: unknown) => partsOf(read(object), backends);
const moved = (object: unknown, split: Split): unknown => patched(object, operationsFor(parts(object), split));

const percent = fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100);
const allOrNothing = fc.constantFrom<0 | 100>(0, 100);
const splits = fc.record({
  base: percent,
  matched: allOrNothing,
  preview: allOrNothing,
  mirrorPercent: percent,
  bucketsPercent: percent,
});

describe("a split on a route with every kind of rule", () => {
  it("is read as it was written, whatever was there before", () => {
    fc.assert(
      fc.property(splits, splits, (before, split) => {
        const now = moved(moved(atRest, before), split);
        expect(splitOf(parts(now))).to.deep.equal(withoutRest(split));
      }),
      { numRuns: 50 },
    );
  });

  it("leaves nothing behind at rest: the route is the program's to the last field", () => {
    fc.assert(
      fc.property(splits, (split) => {
        expect(moved(moved(atRest, split), restSplit)).to.deep.equal(JSON.parse(JSON.stringify(atRest)));
      }),
      { numRuns: 50 },
    );
  });

  it("moves weights, plugin and pattern in one patch that tests each place", () => {
    const operations = operationsFor(parts(atRest), { base: 0, mirrorPercent: 20, bucketsPercent: 0.1 });
    expect(operations).to.deep.include.members([
      { op: "test", path: "/spec/http/0/name", value: "app" },
      { op: "test", path: "/spec/http/0/plugins/1/name", value: "proxy-mirror" },
      { op: "add", path: "/spec/http/0/plugins/1/enable", value: true },
      { op: "add", path: "/spec/http/0/plugins/1/config/sample_ratio", value: 0.2 },
      { op: "test", path: "/spec/http/4/match/exprs/0/subject/scope", value: "Cookie" },
      { op: "add", path: "/spec/http/4/match/exprs/0/value", value: bucketPattern(0.1) },
      { op: "add", path: "/spec/http/4/backends/1/weight", value: 100 },
      { op: "test", path: "/spec/http/5/match/exprs/1/subject/scope", value: "Variable" },
      { op: "add", path: "/spec/http/5/match/exprs/1/value", value: bucketPattern(0.1) },
      { op: "add", path: "/spec/http/5/backends/1/weight", value: 100 },
      { op: "add", path: "/spec/http/1/backends/1/weight", value: 0 },
    ]);
    const writes = operations.filter(({ op }) => op === "add").length;
    expect(operations.filter(({ op }) => op === "test").length).to.be.at.least(writes / 2);
  });

  it("counts what sends most where a hand has changed one rule of several", () => {
    const byHand = patched(atRest, [{ op: "add", path: "/spec/http/2/backends/1/weight", value: 1 }]);
    expect(splitOf(parts(byHand))).to.deep.equal({ base: 0, matched: 100 });
    const pattern = patched(moved(atRest, { base: 0, bucketsPercent: 5 }), [
      { op: "add", path: "/spec/http/4/match/exprs/0/value", value: "." },
    ]);
    expect(splitOf(parts(pattern))).to.deep.equal({ base: 0, bucketsPercent: 100 });
    const newcomers = patched(moved(atRest, { base: 0, bucketsPercent: 5 }), [
      { op: "add", path: "/spec/http/5/match/exprs/1/value", value: bucketPattern(20) },
    ]);
    expect(splitOf(parts(newcomers))).to.deep.equal({ base: 0, bucketsPercent: 20 });
  });

  it("is refused where the route lacks a rule for it, and at rest on any route", () => {
    const bare = { metadata: {}, spec: { http: ownedRules("app", "app", 80, { hosts: ["a"] }) } };
    expect(() => operationsFor(parts(bare), { base: 0, matched: 100, mirrorPercent: 1 })).to.throw(
      "has no rule for matching users and copies",
    );
    expect(() => operationsFor(parts(bare), restSplit)).not.to.throw();
  });

  it("takes rules for the user's own, whatever their name, where nothing says that they are ours", () => {
    const cloned = { ...atRest, metadata: {} };
    expect(parts(cloned).map(({ kind }) => kind)).to.deep.equal(["base", "base", "base", "base", "base", "base"]);
  });
});
