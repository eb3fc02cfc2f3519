import { readFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { settingsReference } from "../../../docs/settings-reference.js";

describe("the settings' reference", () => {
  it("is what the schema says now (else: npm run reference)", () => {
    const file = path.resolve(__dirname, "../../../../release/settings/REFERENCE.md");
    expect(readFileSync(file, "utf8")).to.equal(settingsReference());
  });

  it("names every property once, with its default and meaning", () => {
    const text = settingsReference();
    expect(text).to.contain("| `threshold` | integer (≥ 1) | `1` |");
    expect(text.match(/^\| `interval`/gm)).to.have.length(2);
    expect(text).to.contain("`provider.address` (needed)");
  });
});
