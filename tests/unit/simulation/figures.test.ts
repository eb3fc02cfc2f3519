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
});
const rolledBack = (requests: number, failed: number): Outcome => ({
  ending: "rolledBack",
  seconds: 10,
  requestsToVerdict: requests,
  requestsServedToZero: requests + 3,
  failedUserRequests: failed,
  secondsFromFault: undefined,
});
const undecided: Outcome = { ...rolledBack(9, 1), ending: "undecided", requestsToVerdict: undefined };
const times = (count: number, outcome: Outcome): readonly Outcome[] => Array<Outcome>(count).fill(outcome);

/** Rows that meet every requirement, each just so. */
function rows(): readonly Row[] {
  const bad = (scenario: ScenarioName, requests: number, failed: number): Row =>
    rowOf(scenario, times(100, rolledBack(requests, failed)), times(100, rolledBack(200, 100)));
  return [
    rowOf("healthy", [...times(999, promoted(50)), rolledBack(9, 1)], times(1000, promoted(50))),
    rowOf("at-limit", times(1500, promoted(50)), times(1500, promoted(50))),
    bad("fail-100", 5, 10),
    bad("fail-25", 25, 20),
    rowOf("fail-5", [...times(99, rolledBack(200, 50)), promoted(50, 50)], times(100, promoted(50, 100))),
    rowOf("fail-2", [...times(95, rolledBack(2000, 50)), ...times(5, promoted(50))], times(100, promoted(50, 100))),
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
    const late = rowOf("healthy", times(1000, promoted(60)), times(1000, promoted(50)));
    expect(missed(replaced(late))).length(2);
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
