import * as k8s from "@pulumi/kubernetes";
import { CanaryPlatform, LoadTester } from "../components/index.js";
import { BenchStack } from "./stack.js";

/** What ours and Flagger share, deployed once before either. Throws with the engine's output where it can't be. */
export async function deployPlatform(tell: (line: string) => void): Promise<void> {
  const stack = await BenchStack.open("platform");
  const { failed, output, seconds } = await stack.up(platformProgram);
  if (failed) throw new Error(`the platform could not be deployed\n${output}`);
  tell(`platform ready after ${seconds.toFixed(1)}s`);
}

function platformProgram(): Promise<void> {
  const platform = new CanaryPlatform("edge", { namespace: "apisix", watchdog: { watchdogAfterSeconds: 10 } });
  const metadata = { name: "test" };
  const test = new k8s.core.v1.Namespace("test", { metadata }, { dependsOn: [...platform.dependencies] });
  new LoadTester("loadtester", { namespace: test.metadata.name });
  return Promise.resolve();
}
