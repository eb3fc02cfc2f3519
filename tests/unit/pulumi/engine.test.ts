import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { expect } from "chai";

const engine = path.resolve(__dirname, "../../../release/pulumi/engine-exit.js");

/** A provider process like Pulumi's: what nobody caught is reported to its own output. */
const program = `
const report = (error) => console.error(error.stack);
process.on("uncaughtException", report);
process.on("unhandledRejection", report);
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const shutdown = async () => {
  for (let line = 0; line < 20; line++) { console.error("rolling traffic back"); console.log("rolling"); await pause(10); }
};
require(${JSON.stringify(engine)}).onEngineExit({ shutdown });
console.log("ready");
`;

describe("a provider whose engine is killed", () => {
  it("rolls the traffic back and ends, though nobody reads what it prints", async () => {
    const child = spawn(process.execPath, ["-e", program], { stdio: "pipe" });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
    child.stdout.destroy();
    child.stderr.destroy();
    child.stdin.end();
    const late = new Promise<"still running">((resolve) => setTimeout(() => resolve("still running"), 10_000).unref());
    const how = await Promise.race([ended, late]);
    child.kill("SIGKILL");
    expect(how).to.equal(0);
  });

  it("ends as well where there is nothing to save, and bears our title from its first call on", async () => {
    const asked = `
      require(${JSON.stringify(engine)}).endWithTheEngine();
      console.log(process.title);
      setInterval(() => undefined, 1_000);
    `;
    const child = spawn(process.execPath, ["-e", asked], { stdio: "pipe" });
    let title = "";
    child.stdout.on("data", (chunk: Buffer) => (title += chunk.toString()));
    await once(child.stdout, "data");
    const ended = once(child, "exit", { signal: AbortSignal.timeout(10_000) });
    child.stdin.end();
    expect(await ended.catch(() => "still running")).to.deep.equal([0, null]);
    expect(title).to.match(/^apisix-canary: /);
  }).timeout(15_000);
});
