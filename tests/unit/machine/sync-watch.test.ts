import { expect } from "chai";
import { SyncWatch } from "../../../release/machine/sync-watch.js";
import type { Sync } from "../../../release/ports/index.js";

const refused: Sync = { kind: "refused", message: "unknown plugin" };
const away: Sync = { kind: "unreachable", message: "ECONNREFUSED" };
const accepted: Sync = { kind: "accepted" };
const pending: Sync = { kind: "pending" };

/** Health after a series of looks, given as milliseconds and what was seen. */
function after(...looks: readonly (readonly [number, Sync])[]): string {
  const watch = new SyncWatch();
  return looks.map(([ms, sync]) => watch.see(sync, ms).kind).at(-1) ?? "";
}

describe("what a gateway's sync means", () => {
  it("is frozen only when it is refused for longer than a moment", () => {
    expect(after([0, refused])).to.equal("doubtful");
    expect(after([0, refused], [1_900, refused])).to.equal("doubtful");
    expect(after([0, refused], [2_000, refused])).to.equal("frozen");
  });

  it("is frozen whatever flickers between two refusals", () => {
    expect(after([0, refused], [1_000, accepted], [2_000, refused])).to.equal("frozen");
    expect(after([0, refused], [1_000, accepted], [1_010, refused], [2_100, refused])).to.equal("frozen");
    expect(after([0, refused], [1_000, pending], [2_000, refused])).to.equal("frozen");
  });

  it("is well again as soon as it is accepted for longer than a flicker", () => {
    expect(after([0, refused], [5_000, refused], [6_000, accepted], [6_500, accepted])).to.equal("good");
    expect(after([0, refused], [1_000, accepted], [1_500, accepted], [2_500, refused])).to.equal("doubtful");
    expect(after([0, refused], [2_000, accepted])).to.equal("doubtful");
    expect(after([0, refused], [5_000, refused], [6_000, pending])).to.equal("doubtful");
  });

  it("is weather for as long as a gateway can't be reached, never frozen", () => {
    expect(after([0, away])).to.equal("weather");
    expect(after([0, away], [600_000, away])).to.equal("weather");
    const watch = new SyncWatch();
    watch.see(away, 0);
    watch.see(pending, 5_000);
    expect(watch.see(away, 20_000)).to.deep.equal({ kind: "weather", forMs: 20_000, message: "ECONNREFUSED" });
  });

  it("begins anew where one kind of trouble follows the other", () => {
    expect(after([0, away], [9_000, refused])).to.equal("doubtful");
    expect(after([0, refused], [1_900, away], [2_500, refused])).to.equal("doubtful");
  });

  it("is pending until the controller has looked", () => {
    expect(after([0, pending])).to.equal("pending");
    expect(after([0, accepted], [1, pending])).to.equal("pending");
  });
});
