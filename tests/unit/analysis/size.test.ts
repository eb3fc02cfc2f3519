import { expect } from "chai";
import { measureLook } from "../../../bench/scale/one-look.js";

describe("what is kept of a run", function () {
  this.timeout(120_000);

  it("stays small however long it lasts and however many pods come and go", () => {
    const short = measureLook({ gateways: 2, pods: 4, checks: 200, checksPerPod: 10 });
    const long = measureLook({ gateways: 2, pods: 4, checks: 1200, checksPerPod: 10 });
    expect(short.stateKilobytes).above(10);
    expect(long.stateKilobytes).below(200);
  });
});
