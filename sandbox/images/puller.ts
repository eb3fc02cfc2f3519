// Outside of the sandbox, where the networks are: pulls images for the node inside, which asks through a socket.
import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { filesBelow, isAlive } from "../machine/state.js";
import { pullImage } from "./registry.js";
import type { PullerAnswer } from "./find.js";

const [root, pid, startTicks] = process.argv.slice(2);
if (root === undefined) throw new Error("puller: needs the state folder");
const machine = { pid: Number(pid), startTicks: Number(startTicks) };
const lookMs = 1_000;

const tell = (line: string): void => console.log(line);

async function answer(reference: string): Promise<PullerAnswer> {
  try {
    const pulled = await pullImage(reference, tell);
    return pulled.kind === "image" ? { kind: "pulled" } : pulled;
  } catch (error) {
    return { kind: "refused", message: error instanceof Error ? error.message : String(error) };
  }
}

const server = createServer((request, response) => {
  const reference = new URL(request.url ?? "/", "http://puller").searchParams.get("image") ?? "";
  void answer(reference).then((found) => response.end(JSON.stringify(found)));
});

async function main(): Promise<void> {
  server.listen(filesBelow(root ?? "").puller);
  while (isAlive(machine)) await pause(lookMs);
  process.exit(0);
}

void main();
