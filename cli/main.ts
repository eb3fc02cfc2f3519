#!/usr/bin/env node
import { run } from "./program.js";

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort(new Error("interrupted")));

void run(process.argv.slice(2), {
  out: (text) => console.log(text),
  error: (text) => console.error(text),
  isTerminal: process.stdout.isTTY,
  signal: stop.signal,
}).then((code) => {
  process.exitCode = code;
});
