import { expect } from "chai";
import { mirrorHarm } from "../../../release/analysis/checks/mirror-harm.js";
import { emptyTally, emptyTotals } from "../../../release/analysis/counting/tally.js";
import type { Tally } from "../../../release/analysis/counting/tally.js";
import { boundKey } from "../../../release/analysis/checks/latency.js";
import { startAnalysis } from "../../../release/analysis/index.js";
import { release } from "../../../release/settings/index.js";

const settings = release.shape.analysis.parse({ stepWeight: 10, mirror: { percent: 10 } });
const boundsMs = [20, 50, 100, 500];
const timed = 300;

/** Of all requests, so many took at most as long as each bound. */
function users(...within: readonly number[]): Tally {
  const entries = boundsMs.map((bound, index) => [boundKey(bound), within[index] ?? timed] as const);
  return { ...emptyTally, requests: timed, timed, within: Object.fromEntries(entries) };
}

function harm(before: Tally, now: Tally): string | undefined {
  const context = { name: "app", namespace: "test", startedAtMs: 0, scrapeIntervalSeconds: 2 };
  const state = { ...startAnalysis(settings, context), boundsMs, usersBefore: before };
  return mirrorHarm({ ...state, totals: { ...emptyTotals, baseline: now } }, 5_000);
}

describe("what mirroring does to users", () => {
  const fast = users(296, 300, 300, 300);

  it("is no harm where a busy machine takes milliseconds longer", () => {
    expect(harm(fast, users(200, 280, 300, 300))).to.equal(undefined);
  });

  it("is harm where many wait so long that they notice", () => {
    expect(harm(fast, users(200, 210, 220, 300))).to.equal(
      "mirroring slows users down: 26.7% of their requests take longer than 100 ms, 0% did before it",
    );
  });
});
