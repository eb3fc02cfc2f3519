import { setTimeout as pause } from "node:timers/promises";
import { processesNamed, signalAll } from "../../project/index.js";
import type { ProcessView } from "../../project/index.js";
import { threePoints } from "./fault.js";
import type { Fault, Scene } from "./fault.js";

const restartMs = 90_000;

/** A part of the cluster stands still for a while, as one that can't be reached. */
function away(name: string, program: string, seconds: number, long = false): Fault {
  return {
    name,
    strikes: "everybody",
    points: threePoints,
    long,
    strike: async () => {
      const found = processesNamed(program);
      if (found.length === 0) throw new Error(`${name}: no process ${program} in the sandbox`);
      signalAll(found, "SIGSTOP");
      await pause(seconds * 1000);
      signalAll(found, "SIGCONT");
      return {};
    },
  };
}

function restarted(name: string, app: string): Fault {
  return {
    name,
    strikes: "everybody",
    points: threePoints,
    strike: async ({ cluster }: Scene) => {
      await cluster.restartPlatformPod(app, restartMs);
      return {};
    },
  };
}

/** Its pods run on, and the next one takes them over. */
const nodeAgent: Fault = {
  name: "node-agent-restarted",
  strikes: "everybody",
  points: threePoints,
  strike: async () => {
    const [agent] = nodeAgents();
    if (agent === undefined) throw new Error("node-agent-restarted: no node agent in the sandbox");
    signalAll([agent], "SIGKILL");
    const deadline = performance.now() + restartMs;
    while (!nodeAgents().some(({ pid }) => pid !== agent.pid)) {
      if (performance.now() > deadline) throw new Error("node-agent-restarted: no new node agent came");
      await pause(100);
    }
    return {};
  },
};

function nodeAgents(): readonly ProcessView[] {
  return processesNamed("node").filter(({ argv }) => argv.some((word) => word.endsWith("node/main.js")));
}

/** Faults of what all releases share. */
export const everybodysFaults: readonly Fault[] = [
  away("api-server-away-1s", "kube-apiserver", 1),
  away("api-server-away-30s", "kube-apiserver", 30),
  away("api-server-away-5m", "kube-apiserver", 300, true),
  away("prometheus-away-15s", "prometheus", 15),
  restarted("gateway-pod-restarted", "apisix"),
  restarted("ingress-controller-restarted", "apisix-ingress-controller"),
  nodeAgent,
];
