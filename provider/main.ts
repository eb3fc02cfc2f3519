#!/usr/bin/env node
// The plugin `pulumi-resource-apisix-canary`: the engine starts it with its own address and reads our port.
import { endWithTheEngine } from "../release/pulumi/engine-exit.js";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

async function main(args: readonly string[]): Promise<void> {
  if (major < 22 || (major === 22 && minor < 19))
    throw new Error(`apisix-canary: Node ${process.versions.node} is too old: needs 22.19 or newer`);
  if (args.includes("--version")) {
    const { packageVersion } = await import("./package.js");
    console.log(packageVersion());
    return;
  }
  const engine = args.findLast((each) => !each.startsWith("-"));
  // Log lines of the steps go to the engine as those of programs do, not to our output.
  if (engine !== undefined) process.env["PULUMI_NODEJS_ENGINE"] = engine;
  const { serve } = await import("./provider.js");
  await serve(args);
  endWithTheEngine("apisix-canary: pulumi-resource-apisix-canary");
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
