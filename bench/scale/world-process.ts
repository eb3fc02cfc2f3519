import { fork } from "node:child_process";
import path from "node:path";
import type { WorldReport } from "./world.js";
import { prometheusPort } from "./world-facts.js";

export interface World {
  report(): Promise<WorldReport>;
  stop(): Promise<void>;
}

/** Starts the world around the releases of one namespace; resolves when it is there. */
export async function startWorld(namespace: string): Promise<World> {
  const child = fork(path.join(__dirname, "world.js"), [namespace], { stdio: "inherit" });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.once("message", () => resolve());
    child.once("exit", (code) => reject(new Error(`bench: the world of ${namespace} ended with ${String(code)}`)));
  });
  return {
    report: async () => {
      const answer: unknown = await (await fetch(`http://127.0.0.1:${prometheusPort}/report`)).json();
      if (!isReport(answer)) throw new Error(`bench: the world of ${namespace} reports nothing`);
      return answer;
    },
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}

function isReport(value: unknown): value is WorldReport {
  return typeof value === "object" && value !== null && "latenessMs" in value && "inAnalysis" in value;
}
