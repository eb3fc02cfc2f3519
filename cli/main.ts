#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { nodeProblem } from "../release/model/node.js";

/** The program itself is loaded only by a Node that understands it. */
async function main(): Promise<number> {
  const problem = nodeProblem();
  if (problem !== undefined) {
    console.error(`apisix-canary: ${problem}`);
    return 1;
  }
  // A shell waits for this program at each TAB: compiled code kept on disk halves that.
  enableCompileCache();
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort(new Error("interrupted")));
  const { run } = await import("./program.js");
  return run(process.argv.slice(2), {
    out: (text) => console.log(text),
    error: (text) => console.error(text),
    isTerminal: process.stdout.isTTY,
    signal: stop.signal,
  });
}

void main().then((code) => {
  process.exitCode = code;
});
