import { expect } from "chai";
import fc from "fast-check";
import { durationText } from "../../../release/model/index.js";
import { durationSeconds } from "../../../release/settings/index.js";

describe("durations", () => {
  const right: readonly (readonly [string | number, number])[] = [
    ["500ms", 0.5],
    ["10s", 10],
    ["1m", 60],
    ["1m30s", 90],
    ["1.5h", 5400],
    [30, 30],
    [0, 0],
  ];
  for (const [written, seconds] of right)
    it(`reads ${JSON.stringify(written)}`, () => {
      expect(durationSeconds.parse(written)).equal(seconds);
    });

  for (const written of ["", "10", "10 s", "-1s", "1d", "s", "an hour or so", "1s;", -1, NaN, Infinity])
    it(`refuses ${JSON.stringify(written)}`, () => {
      expect(durationSeconds.safeParse(written).success).equal(false);
    });

  it("reads back whatever Go would print", () => {
    fc.assert(
      fc.property(fc.nat(99), fc.nat(59), fc.nat(59), (hours, minutes, seconds) => {
        expect(durationSeconds.parse(`${hours}h${minutes}m${seconds}s`)).equal(hours * 3600 + minutes * 60 + seconds);
      }),
    );
  });

  it("are written as people write them", () => {
    const written = [0.5, 10, 119, 120, 150, 3600, 6000, 18_600, 18_601].map((seconds) => durationText(seconds));
    expect(written).to.deep.equal(["0.5s", "10s", "119s", "2m", "2m30s", "1h", "1h40m", "5h10m", "5h10m"]);
  });
});
