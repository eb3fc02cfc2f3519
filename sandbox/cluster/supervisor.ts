import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { insideEnvironment } from "../machine/environment.js";
import { filesBelow } from "../machine/state.js";
import { Children } from "./children.js";
import { startControlPlane } from "./control-plane.js";
import { Directory } from "./directory.js";
import { startDns } from "./dns.js";
import { addresses, setUpNetwork } from "./network.js";
import { ServiceProxy } from "./service-proxy.js";

// Main process of the sandbox's namespaces: starts everything in it, and takes everything with it when it ends.

const root = process.argv[2];
if (root === undefined) throw new Error("supervisor: needs the state folder");

const state = filesBelow(root);

/** In one step, so that nobody reads half of it. */
function tell(outcome: { readonly kind: "ready" } | { readonly kind: "failed"; readonly message: string }): void {
  writeFileSync(`${state.outcome}.new`, JSON.stringify(outcome));
  renameSync(`${state.outcome}.new`, state.outcome);
}

async function main(): Promise<void> {
  mkdirSync(state.logs, { recursive: true });
  setUpNetwork(state.root);
  const children = new Children(state, insideEnvironment(state), (name, how) => {
    const message = `${name} ended by itself (${how}); see ${state.logs}/${name}.log`;
    console.error(message);
    if (!existsSync(state.outcome)) tell({ kind: "failed", message });
  });
  process.once("SIGTERM", () => {
    children.stopAll();
    process.exit(0);
  });
  const plane = await startControlPlane(state.root, children);
  writeFileSync(state.kubeconfig, plane.kubeconfigOf("admin"), { mode: 0o600 });
  await startServices();
  startNode(children);
  tell({ kind: "ready" });
}

/** Not started again when it dies: its pods' processes would still be there, and unknown to the next one. */
function startNode(children: Children): void {
  const agent = path.resolve(__dirname, "../node/main.js");
  const flags = ["--kubeconfig", state.kubeconfig, "--state-dir", state.root, "--node-name", "sandbox"];
  children.start("node", [process.execPath, "--enable-source-maps", agent, ...flags], { restart: false });
}

async function startServices(): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(state.kubeconfig);
  const proxy = new ServiceProxy();
  const directory: Directory = new Directory(config, (namespace, name) =>
    proxy.update(namespace, name, directory.get(namespace, name)),
  );
  await directory.start();
  startDns(addresses.dns, directory);
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  console.error(message);
  tell({ kind: "failed", message });
  process.exit(1);
});
