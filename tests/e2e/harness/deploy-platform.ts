import { platformProgram, TestStack } from "./stacks.js";

async function main(): Promise<void> {
  const stack = await TestStack.create("platform");
  const update = await stack.up(platformProgram);
  console.log(`  platform ${update.failed ? "failed" : "ready"} after ${update.seconds.toFixed(1)}s`);
  if (update.failed) console.log(update.output);
  process.exit(update.failed ? 1 : 0);
}

void main();
