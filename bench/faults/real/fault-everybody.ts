import { setTimeout as pause } from "node:timers/promises";
import { processesMatching, processesNamed, signalAll } from "../../project/index.js";
import type { ProcessView } from "../../project/index.js";
import type { Cluster } from "./cluster.js";
import { failingStory, threePoints } from "./fault.js";
import type { Fault, FaultEffect, Scene } from "./fault.js";

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
    isWeather: true,
    strike: async ({ cluster }: Scene) => {
      await cluster.restartPlatformPod(app, restartMs);
      return {};
    },
  };
}

/** Something of the gateways' own: no release may suffer by it, in either story. */
function gateways(name: string, strike: (cluster: Cluster) => Promise<FaultEffect | void>): Fault {
  return {
    name,
    strikes: "everybody",
    points: threePoints,
    failingPoints: failingStory,
    isWeather: true,
    strike: async ({ cluster }) => (await strike(cluster)) ?? {},
  };
}

const gateway = "apisix";
const usualGateways = 2;

/** The program of a gateway pod, real or played, dies with all its connections; the kubelet starts it again. */
async function killMaster(cluster: Cluster): Promise<FaultEffect> {
  const [master] = gatewayMasters();
  if (master === undefined) throw new Error("gateway-master-killed: no gateway in the sandbox");
  signalAll([master], "SIGKILL");
  const deadline = performance.now() + restartMs;
  while (gatewayMasters().length < usualGateways || gatewayMasters().some(({ pid }) => pid === master.pid)) {
    if (performance.now() > deadline) throw new Error("gateway-master-killed: no new one came");
    await pause(100);
  }
  await cluster.untilPlatformReady(gateway, undefined, restartMs);
  return { gatewayGone: true };
}

function gatewayMasters(): readonly ProcessView[] {
  const played = processesNamed("node").filter(({ argv }) => argv.some((word) => word.endsWith("gateway/apisix.js")));
  const real = processesMatching(({ argv }) => argv[0]?.startsWith("nginx: master process") === true);
  return [...played, ...real];
}

const gatewayFaults: readonly Fault[] = [
  gateways("gateway-pod-deleted", (cluster) => cluster.replacePlatformPods(gateway, restartMs)),
  gateways("gateway-scaled", async (cluster) => {
    await cluster.scalePlatform(gateway, usualGateways + 1, restartMs);
    await cluster.scalePlatform(gateway, usualGateways, restartMs);
  }),
  {
    ...gateways("gateway-master-killed", killMaster),
    restore: (cluster) => cluster.replaceRestarted(gateway, restartMs),
  },
];

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
  ...gatewayFaults,
  nodeAgent,
];
