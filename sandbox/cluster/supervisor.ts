import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { insideEnvironment } from "../machine/environment.js";
import { filesBelow } from "../machine/state.js";
import { Children } from "./children.js";
import { startControlPlane } from "./control-plane.js";
import { Directory } from "./directory.js";
import { startDns } from "./dns.js";
import { addresses, setUpNetwork } from "./network.js";
import { join, ServiceProxy } from "./service-proxy.js";

// Main process of the sandbox's namespaces: starts everything in it, and takes everything with it when it ends.

const nodeReadyMs = 30_000;
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
  const config = new KubeConfig();
  config.loadFromFile(state.kubeconfig);
  showApiServer(state.apiServer);
  await startServices(config);
  startNode(children);
  await untilNodeReady(config);
  if (!existsSync(state.outcome)) tell({ kind: "ready" });
}

/** Pods that come earlier find a taint and wait for their scheduler's next try. */
async function untilNodeReady(config: KubeConfig): Promise<void> {
  const core = config.makeApiClient(CoreV1Api);
  const deadline = performance.now() + nodeReadyMs;
  while (!existsSync(state.outcome)) {
    const { items } = await core.listNode();
    const [node] = items;
    const isReady =
      node?.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
    if (isReady && (node?.spec?.taints ?? []).length === 0) return;
    if (performance.now() > deadline) throw new Error(`the node was not ready after ${nodeReadyMs / 1000}s`);
    await pause(50);
  }
}

/** Its pods' processes outlive it, and are taken over by the next one. */
function startNode(children: Children): void {
  const agent = path.resolve(__dirname, "../node/main.js");
  const flags = ["--kubeconfig", state.kubeconfig, "--state-dir", state.root, "--node-name", "sandbox"];
  children.start("node", [process.execPath, "--enable-source-maps", agent, ...flags]);
}

/** To this user's processes outside: a file of theirs reaches into this network. */
function showApiServer(socket: string): void {
  net.createServer((client) => join(client, net.connect(addresses.apiPort, "127.0.0.1"))).listen(socket);
}

async function startServices(config: KubeConfig): Promise<void> {
  const proxy = new ServiceProxy();
  const directory: Directory = new Directory(config, (namespace, name) =>
    proxy.update(namespace, name, directory.get(namespace, name)),
  );
  await directory.start();
  startDns(addresses.dns, directory);
}

// One connection or watch that goes wrong must not take the cluster with it.
process.on("uncaughtException", (error) => console.error(error));
process.on("unhandledRejection", (error) => console.error(error));

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  console.error(message);
  tell({ kind: "failed", message });
  process.exit(1);
});
