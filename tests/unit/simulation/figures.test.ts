import { expect } from "chai";
import { plotOf } from "../../../bench/simulation/plot.js";
import { requirementsOf, upperBound } from "../../../bench/simulation/required.js";
import type { Outcome } from "../../../bench/simulation/outcome.js";
import { scenarioNames } from "../../../bench/simulation/scenarios.js";
import type { ScenarioName } from "../../../bench/simulation/scenarios.js";
import { rowOf } from "../../../bench/simulation/summary.js";
import type { Row } from "../../../bench/simulation/summary.js";
import { requirementLines, tableOf } from "../../../bench/simulation/table.js";
import { upperBounds } from "../analysis/golden.js";

const promoted = (seconds: number, failed = 0): Outcome => ({
  ending: "promoted",
  seconds,
  requestsToVerdict: undefined,
  requestsServedToZero: undefined,
  failedUserRequests: failed,
  secondsFromFault: undefined,
  caughtInPromotion: false,
});
const rolledBack = (requests: number, failed: number): Outcome => ({
  ending: "rolledBack",
  seconds: 10,
  requestsToVerdict: requests,
  requestsServedToZero: requests + 3,
  failedUserRequests: failed,
  secondsFromFault: undefined,
  caughtInPromotion: false,
});
const undecided: Outcome = { ...rolledBack(9, 1), ending: "undecided", requestsToVerdict: undefined };
const times = (count: number, outcome: Outcome): readonly Outcome[] => Array<Outcome>(count).fill(outcome);

const late = (seconds: number, failed: number): Outcome => ({ ...rolledBack(9, failed), secondsFromFault: seconds });
const caught: Outcome = { ...promoted(50), caughtInPromotion: true };

/** So many of a thousand promoted or not, beside a rule that promotes all. */
const share = (scenario: ScenarioName, count: number, outcome: Outcome, others: Outcome): Row =>
  rowOf(scenario, [...times(1000 - count, others), ...times(count, outcome)], times(1000, promoted(50)));

/** The rows of real traffic, each just so. */
function trafficRows(): readonly Row[] {
  const healthy = (scenario: ScenarioName, count: number): Row =>
    share(scenario, count, rolledBack(9, 1), promoted(50));
  const faulty = (scenario: ScenarioName, seconds: number, failed: number): Row =>
    rowOf(scenario, times(9, late(seconds, failed)), times(9, late(110, 500)));
  return [
    ...(["retry-user-20", "retry-user-100", "beta-binomial-100", "blip-both-20", "blip-both-100"] as const).map(
      (name) => healthy(name, 10),
    ),
    healthy("both-5-compare", 10),
    ...(["thin-1", "thin-0.7", "thin-0.1", "torn-scrapes"] as const).map((name) => healthy(name, 1)),
    ...[faulty("late-100", 5, 9), faulty("late-25", 6, 9), faulty("late-10", 8, 9), faulty("late-5", 14, 9)],
    ...[faulty("gate-100", 6, 300), faulty("gate-25", 9, 150), faulty("gate-10", 9, 120), faulty("gate-5", 9, 120)],
    share("last-check-10", 200, caught, late(20, 9)),
    share("one-pod-of-three", 30, promoted(50), rolledBack(9, 1)),
    share("post-only-10", 100, promoted(50), rolledBack(9, 1)),
  ];
}

/** Rows that meet every requirement, each just so. */
function rows(): readonly Row[] {
  const bad = (scenario: ScenarioName, requests: number, failed: number): Row =>
    rowOf(scenario, times(100, rolledBack(requests, failed)), times(100, rolledBack(200, 100)));
  return [
    rowOf("healthy", [...times(999, promoted(50)), rolledBack(9, 1)], times(1000, promoted(50))),
    rowOf("at-limit", times(1500, promoted(50)), times(1500, promoted(50))),
    bad("fail-100", 5, 10),
    bad("fail-25", 25, 20),
    rowOf("fail-5", [...times(99, rolledBack(320, 50)), promoted(50, 50)], times(100, promoted(50, 100))),
    rowOf("fail-2", [...times(95, rolledBack(2000, 50)), ...times(5, promoted(50))], times(100, promoted(50, 100))),
    ...trafficRows(),
  ];
}

function replaced(row: Row): readonly Row[] {
  return rows().map((each) => (each.scenario === row.scenario ? row : each));
}

function missed(all: readonly Row[]): readonly string[] {
  return requirementsOf(all)
    .filter(({ met }) => !met)
    .map(({ text }) => text);
}

describe("the figures of the simulation", function () {
  this.timeout(60_000);

  it("sum outcomes up, with the names of the JSON file", () => {
    const { ours } = rowOf("fail-25", [rolledBack(10, 4), rolledBack(30, 6), promoted(60, 5)], times(3, promoted(50)));
    expect(ours).deep.include({
      promotedShare: 1 / 3,
      rolledBackShare: 2 / 3,
      medianRequestsToVerdict: 20,
      medianRequestsServedToZero: 23,
      failedUserRequestsMean: 5,
      medianFailedUserRequests: 5,
      medianSecondsFromFault: null,
      caughtInPromotionShare: 0,
      medianSecondsToPromotion: 60,
    });
  });

  it("compare times of the releases that both promote", () => {
    const row = rowOf("healthy", [promoted(60), promoted(50)], [promoted(50), rolledBack(3, 1)]);
    expect(row.bothPromoted).deep.equal({ ours: 60, flagger: 50 });
    expect(rowOf("fail-100", [rolledBack(3, 3)], [promoted(50)]).bothPromoted).equal(null);
  });

  it("meet the requirements just so, and miss each of them by a little more", () => {
    expect(missed(rows())).deep.equal([]);
    const all100 = times(100, rolledBack(200, 100));
    const worse: readonly (readonly [Row, RegExp])[] = [
      [
        rowOf("healthy", [...times(998, promoted(50)), ...times(2, rolledBack(9, 1))], times(1000, promoted(50))),
        /^healthy: share rolled back/,
      ],
      [
        rowOf("healthy", [...times(998, promoted(50)), ...times(2, undecided)], times(1000, promoted(50))),
        /^healthy: share rolled back, undecided included/,
      ],
      [rowOf("at-limit", times(1400, promoted(50)), times(1400, promoted(50))), /^at-limit: upper 95% bound/],
      [rowOf("fail-100", times(100, rolledBack(6, 10)), all100), /^fail-100: median of judged/],
      [rowOf("fail-100", times(100, rolledBack(5, 10.1)), all100), /^fail-100: failed user requests/],
      [rowOf("fail-25", times(100, rolledBack(26, 20)), all100), /^fail-25: median of judged/],
      [rowOf("fail-25", times(100, rolledBack(25, 20.1)), all100), /^fail-25: failed user requests/],
      [
        rowOf("fail-5", [...times(98, rolledBack(9, 9)), ...times(2, promoted(50, 9))], times(100, promoted(50, 100))),
        /^fail-5: share promoted/,
      ],
      [rowOf("fail-5", times(100, rolledBack(9, 51)), times(100, promoted(50, 100))), /^fail-5: failed user requests/],
      [
        rowOf("fail-2", [...times(94, rolledBack(9, 9)), ...times(6, promoted(50))], times(100, promoted(50))),
        /^fail-2: share promoted/,
      ],
    ];
    for (const [row, text] of worse) {
      const found = missed(replaced(row));
      expect(found).length(1);
      expect(found[0]).match(text);
    }
    const slow = rowOf("healthy", times(1000, promoted(60)), times(1000, promoted(50)));
    expect(missed(replaced(slow))).length(2);
  });

  it("and those of real traffic, each by a little more", () => {
    const worse = trafficRows().map((row): Row => {
      const [seconds, failed] = [row.ours.medianSecondsFromFault, row.ours.medianFailedUserRequests];
      const ours = {
        ...row.ours,
        rolledBackShare: row.ours.rolledBackShare + 0.001,
        promotedShare: row.ours.promotedShare + 0.001,
        medianSecondsFromFault: seconds === null ? null : seconds + 0.1,
        medianFailedUserRequests: failed === null ? null : failed + 1,
        caughtInPromotionShare: row.ours.caughtInPromotionShare + 0.001,
      };
      return { ...row, ours };
    });
    for (const row of worse) {
      const found = missed(replaced(row));
      expect(found, row.scenario).length(1);
      expect(found[0]).contain(row.scenario);
    }
    const uncaught = share("last-check-10", 20, promoted(50), late(20, 9));
    expect(missed(replaced(uncaught))).deep.equal([
      "last-check-10: share promoted and not caught before the primary is ready",
    ]);
  });

  it("miss a requirement that has no figure: a scenario in which nothing was ever rolled back", () => {
    const blind = rowOf("fail-100", times(100, promoted(50, 1)), times(100, rolledBack(200, 100)));
    expect(missed(replaced(blind))).deep.equal(["fail-100: median of judged canary requests"]);
  });

  for (const [events, runs, bound] of upperBounds)
    it(`bound ${events} of ${runs} from above as SciPy does`, () => {
      expect(upperBound(events, runs)).closeTo(bound, 1e-9);
    });

  it("are printed as a table with what was required, and drawn", () => {
    const table = tableOf(rows());
    for (const { scenario } of rows()) expect(table).contain(scenario);
    expect(requirementLines(requirementsOf(rows()))).contain(
      "met    fail-100: median of judged canary requests (served until weight 0: 8): 5 (at most 5)",
    );
    const plot = plotOf(scenarioNames.map((name) => rowOf(name, times(2, promoted(50)), times(2, rolledBack(3, 2)))));
    expect(plot).match(/^<svg /);
    for (const name of scenarioNames) expect(plot).contain(name);
  });
});
