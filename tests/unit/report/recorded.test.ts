import { readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { expect } from "chai";
import { judge } from "../../../release/machine/index.js";
import { readReport, replay, settingsOf } from "../../../release/report/index.js";

// A release in the sandbox at 60 requests/s, promoted, as `apisix-canary report --json` wrote it: 60% of the gateway's pages
// of metrics torn, and one gateway killed and started again while the canary had 20 to 30%.

const root = path.resolve(__dirname, "../../../..");
const file = path.join(root, "tests/unit/report/recordings/gateway-restarted-scrapes-torn.json.gz");
const report = readReport(gunzipSync(readFileSync(file)).toString());

type Series = (typeof report.series)[number];

const pairs = ({ values }: Series): readonly (readonly [number, number])[] =>
  values.slice(1).map((value, index) => [values[index] ?? 0, value] as const);

/** Of each scrape: a bucket above the count of all, which was written after it. */
function tornScrapes(): readonly string[] {
  const buckets = report.series.filter(({ kind }) => kind === "latencyBucket");
  return [...Map.groupBy(buckets, ({ histogram }) => histogram)].flatMap(([histogram, own]) => {
    const total = own.find(({ upperBoundMs }) => upperBoundMs === Infinity);
    if (total === undefined) return [];
    const at = new Map(total.timesMs.map((timeMs, index) => [timeMs, total.values[index] ?? 0]));
    return own.flatMap(({ timesMs, values }) =>
      timesMs.flatMap((timeMs, index) =>
        (values[index] ?? 0) > (at.get(timeMs) ?? Infinity) ? [`${histogram} ${timeMs}`] : [],
      ),
    );
  });
}

describe("a recorded run with a restarted gateway and torn scrapes", () => {
  it("has both", () => {
    const resets = report.series.filter((each) => pairs(each).some(([before, after]) => after < before));
    expect(resets.map(({ instance }) => instance)).not.to.deep.equal([]);
    expect(tornScrapes()).not.to.deep.equal([]);
  });

  it("is decided again as it was, check by check", () => {
    const again = replay(report, settingsOf(report, []), judge);
    expect(report.outcome).to.equal("promoted");
    expect(again).to.have.length(report.ticks.length).and.length.above(20);
    expect(again.flatMap(({ differences }) => differences)).to.deep.equal([]);
  });
});
