import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import path from "node:path";

const file = path.join(__dirname, "../../../release/watchdog/program.js");

describe("the watchdog's program", () => {
  it("is one file that needs nothing but Node", () => {
    const wanted = [...readFileSync(file, "utf8").matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name = ""]) => name);
    expect(wanted.filter((name) => !builtinModules.includes(name.replace(/^node:/, "")))).to.deep.equal([]);
  });

  it("fits into a ConfigMap with room to spare", () => {
    expect(readFileSync(file).byteLength).to.be.lessThan(500 * 1024);
  });

  it("says in one line where it can't run", () => {
    const { status, stderr } = spawnSync(process.execPath, [file], { encoding: "utf8", env: {} });
    expect(status).to.equal(1);
    expect(stderr.trim()).to.equal("KUBERNETES_SERVICE_HOST is not set: this program runs in a pod");
  });
});
