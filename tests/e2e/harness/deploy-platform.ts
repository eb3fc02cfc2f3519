import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { platformNamespace, platformProgram, restricted, TestStack } from "./stacks.js";

async function main(): Promise<void> {
  const config = new KubeConfig();
  config.loadFromDefault();
  const body = { metadata: { name: platformNamespace, labels: restricted } };
  await config.makeApiClient(CoreV1Api).createNamespace({ body });
  const stack = await TestStack.create("platform");
  const update = await stack.up(platformProgram);
  console.log(`  platform ${update.failed ? "failed" : "ready"} after ${update.seconds.toFixed(1)}s`);
  if (update.failed) console.log(update.output);
  process.exit(update.failed ? 1 : 0);
}

void main();
