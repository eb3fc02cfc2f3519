import { spawn } from "node:child_process";
import { expect } from "chai";
import { describeSandbox, runInside } from "../../../sandbox/machine/index.js";
import { isAlive, startTicksOf, stateFolder } from "../../../sandbox/machine/state.js";

describe("sandbox machine", () => {
  it("does not take another process for the one it started", async () => {
    const child = spawn("sleep", ["60"]);
    const pid = child.pid ?? 0;
    const startTicks = startTicksOf(pid);
    if (startTicks === undefined) throw new Error("no start time");
    expect(isAlive({ pid, startTicks })).to.equal(true);
    expect(isAlive({ pid, startTicks: startTicks - 1 })).to.equal(false);
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("exit", resolve));
    expect(isAlive({ pid, startTicks })).to.equal(false);
  });

  it("keeps names out of other folders", () => {
    expect(() => stateFolder("../x")).to.throw("sandbox name \"../x\": use lower case letters, digits and '-'");
  });

  it("says in one line that it does not run, and what to do", async () => {
    expect(describeSandbox("never-started")).to.deep.equal(["sandbox never-started: stopped"]);
    const failure = await runInside(["true"], { name: "never-started" }).catch((error: unknown) => error);
    expect(String(failure)).to.contain("sandbox never-started is not running: npm run sandbox -- up");
  });
});
