import { expect } from "chai";
import fc from "fast-check";
import { observe } from "../../../release/analysis/index.js";
import type { AnalysisState, Assessment, CheckReport, Observation } from "../../../release/analysis/index.js";
import { canary, primary, Stage, verdictOf } from "./stage.js";

/** What happens between two looks. */
const block = fc.record({
  good: fc.nat(60),
  failed: fc.nat(6),
  slow: fc.nat(6),
  there: fc.nat(80),
  thereFailed: fc.nat(8),
  noEndpoint: fc.nat(2),
  intervalEnds: fc.boolean(),
  trouble: fc.constantFrom<"none" | "error" | "stale" | "reset" | "moved">(
    "none",
    "none",
    "none",
    "error",
    "stale",
    "reset",
    "moved",
  ),
});
type Block = typeof block extends fc.Arbitrary<infer T> ? T : never;
const runs = fc.array(block, { minLength: 1, maxLength: 12 });

const settings = {
  metrics: [
    { name: "request-success-rate" as const, thresholdRange: { min: 99 } },
    { name: "request-duration" as const, thresholdRange: { max: 500 }, compare: { maxIncrease: 1 } },
    { name: "queue", thresholdRange: { max: 5 }, template: { provider: { type: "prometheus" as const }, query: "up" } },
  ],
};

function happens(stage: Stage, each: Block): void {
  if (each.trouble === "reset") stage.restartGateway();
  if (each.trouble === "moved") stage.weight(stage.surroundings.weightPercent === 50 ? 40 : 50);
  stage.ask(canary, each.good).ask(canary, each.failed, { code: "500" }).ask(canary, each.slow, { ms: 1500 });
  stage
    .ask(primary, each.there)
    .ask(primary, each.thereFailed, { code: "502" })
    .ask("", each.noEndpoint, { code: "503" });
}

function play(blocks: readonly Block[], change: (observation: Observation) => Observation = (same) => same) {
  const stage = new Stage(settings);
  const first = stage.state;
  const observations = blocks.map((each) => {
    happens(stage, each);
    return change(
      stage.observation({
        intervalEnds: each.intervalEnds,
        custom: { queue: { kind: "value", value: each.failed } },
        scraped: each.trouble !== "stale",
        ...(each.trouble === "error" ? { error: "away" } : {}),
      }),
    );
  });
  return { first, observations };
}

function decide(first: AnalysisState, observations: readonly Observation[]): readonly Assessment[] {
  let state = first;
  return observations.map((observation) => {
    const observed = observe(state, observation);
    state = observed.state;
    return observed.assessment;
  });
}

/** As it comes out of a file. */
function throughJson<T>(value: T): T {
  const copy: unknown = JSON.parse(JSON.stringify(value));
  if (!isCopy(copy, value)) throw new Error("JSON lost more than what is undefined, and the bound of the last bucket");
  return copy;
}

/** JSON leaves out what is undefined and writes the infinite bound of the last bucket as null. */
function isCopy<T>(copy: unknown, value: T): copy is T {
  if (typeof value !== "object" || value === null)
    return copy === value || copy === (value === Infinity ? null : undefined);
  if (typeof copy !== "object" || copy === null) return false;
  return Object.entries(value).every(([key, each]) => isCopy(Reflect.get(copy, key), each));
}

describe("decisions", function () {
  this.timeout(60_000);

  it("are a pure fold: the same again, and after each state and observation went through JSON", () => {
    fc.assert(
      fc.property(runs, (blocks) => {
        const { first, observations } = play(blocks);
        const once = decide(first, observations);
        expect(decide(first, observations)).deep.equal(once);
        let state = throughJson(first);
        const replayed = observations.map((observation) => {
          const observed = observe(state, throughJson(observation));
          state = throughJson(observed.state);
          return observed.assessment;
        });
        expect(replayed).deep.equal(once);
      }),
    );
  });

  it("don't depend on the order of the series or of the addresses", () => {
    fc.assert(
      fc.property(runs, (blocks) => {
        const straight = play(blocks);
        const turned = play(blocks, (observation) => ({
          ...observation,
          reading:
            observation.reading.kind === "error"
              ? observation.reading
              : { ...observation.reading, series: observation.reading.series.toReversed() },
        }));
        expect(decide(turned.first, turned.observations)).deep.equal(decide(straight.first, straight.observations));
      }),
    );
  });

  it("don't depend on how often it was looked in what was counted: only evidence may start at a look", () => {
    fc.assert(
      fc.property(runs, (blocks) => {
        const calm = blocks.map((each) => ({ ...each, trouble: "none" as const, intervalEnds: false }));
        const often = new Stage({ metrics: settings.metrics.slice(0, 1) });
        const once = new Stage({ metrics: settings.metrics.slice(0, 1) });
        for (const each of calm) {
          happens(often, each);
          happens(once, each);
          often.check();
        }
        const last = often.check();
        const alone = once.check({ seconds: 2 * (calm.length + 1) });
        const counted = ({ metric, limit, unit, requests, statistics }: CheckReport) => ({
          ...{ metric, limit, unit, requests },
          ...{ trials: statistics?.trials, events: statistics?.events },
        });
        if (last.verdict.kind !== "failNow" && alone.verdict.kind !== "failNow")
          expect(alone.checks.map(counted)).deep.equal(last.checks.map(counted));
        expect(alone.totalRequests).equal(last.totalRequests);
        const sums = ({ state: { totals } }: Stage) =>
          [totals.subject, totals.baseline].map(({ requests, failed, timed }) => [requests, failed, timed]);
        expect(sums(often)).deep.equal(sums(once));
      }),
    );
  });

  it("never promote and never blame from no data of the canary", () => {
    fc.assert(
      fc.property(runs, (blocks) => {
        const stage = new Stage({ metrics: settings.metrics.slice(0, 2) });
        for (const each of blocks) {
          stage.ask(primary, each.there).ask(primary, each.thereFailed, { code: "500" });
          expect(["hold", "giveUp"]).contain(stage.check({ intervalEnds: each.intervalEnds }).verdict.kind);
        }
      }),
    );
  });

  it("never promote without an answer of the provider", () => {
    fc.assert(
      fc.property(runs, (blocks) => {
        const stage = new Stage(settings);
        for (const each of blocks) {
          happens(stage, each);
          const assessment = stage.check({ intervalEnds: each.intervalEnds, error: "away" });
          expect(["hold: error", "giveUp"]).contain(verdictOf(assessment));
        }
      }),
    );
  });

  it("more failures in the same traffic never mean less evidence", () => {
    fc.assert(
      fc.property(runs, fc.nat(11), fc.integer({ min: 1, max: 20 }), (blocks, where, more) => {
        // A restart is seen by a counter that is lower than before: one that has passed its old value hides it.
        const steady = blocks.map((each) => ({ ...each, trouble: each.trouble === "reset" ? "none" : each.trouble }));
        const worse = steady.map((each, index) => {
          const moved = index === where % steady.length ? Math.min(more, each.good) : 0;
          return { ...each, good: each.good - moved, failed: each.failed + moved };
        });
        const confidence = (played: readonly Block[]): readonly number[] => {
          const { first, observations } = play(played);
          return decide(first, observations).map(({ checks }) => checks[0]?.confidence ?? NaN);
        };
        const before = confidence(steady);
        confidence(worse).forEach((each, index) => expect(each).at.least((before[index] ?? NaN) - 1e-9));
      }),
    );
  });
});
