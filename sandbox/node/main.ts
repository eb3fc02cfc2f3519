// Stand-in for a kubelet: the node agent's program.
import { mkdirSync } from "node:fs";
import path from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { Command } from "commander";
import { Agent } from "./agent.js";
import { startKubeletApi } from "./kubelet-api.js";

const options = new Command("node")
  .requiredOption("--kubeconfig <file>")
  .requiredOption("--state-dir <folder>")
  .requiredOption("--node-name <name>")
  .parse()
  .opts<{ kubeconfig: string; stateDir: string; nodeName: string }>();

const kubeletPort = 10250;

async function main(): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(options.kubeconfig);
  mkdirSync(path.join(options.stateDir, "pods"), { recursive: true });
  const agent = new Agent({ config, stateFolder: options.stateDir, nodeName: options.nodeName, kubeletPort });
  startKubeletApi({
    config,
    port: kubeletPort,
    podFolder: agent.podFolder,
    certificateFolder: path.join(options.stateDir, "pki"),
  });
  await agent.start();
}

process.on("unhandledRejection", (error) => console.error(error));
void main();
