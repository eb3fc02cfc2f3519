import { parentPort } from "node:worker_threads";
import { simulate } from "./simulate.js";
import type { Chunk } from "./simulate.js";

parentPort?.on("message", (chunk: Chunk) => {
  parentPort?.postMessage(simulate(chunk));
});
