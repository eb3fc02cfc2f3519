import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { usualImages } from "../../../sandbox/images/local.js";

const components = path.resolve(__dirname, "../../../components");
const image = /"((?:apache\/|prom\/|ghcr\.io\/|node:(?=\d))[\w./-]*:?[\w.-]+)"/g;

describe("the images that a sandbox has ready", () => {
  it("are those that the components start, with their tags", () => {
    const named = readdirSync(components, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".js"))
      .flatMap((file) => [...readFileSync(path.join(components, file), "utf8").matchAll(image)])
      .flatMap(([, name]) => (name?.includes(":") === true ? [name] : []));
    expect(named).to.have.length.greaterThan(4);
    expect(usualImages).to.include.members(named);
  });
});
