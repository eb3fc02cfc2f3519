import { readFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { argumentsFile, currentArguments } from "../../../docs/arguments-reference.js";
import { currentPermissions, permissionsFile } from "../../../docs/permissions-table.js";
import { settingsReference } from "../../../docs/settings-reference.js";

describe("the settings' reference", () => {
  it("is what the schema says now (else: npm run reference)", () => {
    const file = path.resolve(__dirname, "../../../../release/settings/REFERENCE.md");
    expect(readFileSync(file, "utf8")).to.equal(settingsReference());
  });

  it("names every property once, with its default and meaning", () => {
    const text = settingsReference();
    expect(text).to.contain("| `threshold` | integer (≥ 1) | `1` |");
    expect(text.match(/^\| `interval`/gm)).to.have.length(3);
    expect(text).to.contain("`provider.address` (needed)");
  });
});

describe("the pages that are made of the code", () => {
  it("have the arguments as the types say them now (else: npm run reference)", () => {
    expect(readFileSync(argumentsFile, "utf8")).to.equal(currentArguments());
  });

  it("have the rules that releaseRole() gives now (else: npm run reference)", async () => {
    expect(readFileSync(permissionsFile, "utf8")).to.equal(await currentPermissions());
  });
});
