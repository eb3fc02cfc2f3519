import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";

const dist = path.resolve(__dirname, "../../..");

describe("the published package", () => {
  it("has no trace of the sandbox, neither in its code nor in its types", () => {
    const traces = ["components", "release", "cli"].flatMap((room) =>
      readdirSync(path.join(dist, room), { recursive: true, encoding: "utf8" })
        .filter((file) => /\.(js|d\.ts)$/.test(file))
        .filter((file) => /sandbox|stand-in/i.test(readFileSync(path.join(dist, room, file), "utf8")))
        .map((file) => path.join(room, file)),
    );
    expect(traces).to.deep.equal([]);
  });
});
