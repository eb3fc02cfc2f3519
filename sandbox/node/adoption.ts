// Stand-in for a kubelet: what a restarted one finds and goes on with, or does away with.
import { readdirSync, rmSync } from "node:fs";
import path from "node:path";
import type { V1Container, V1Pod } from "@kubernetes/client-node";
import type { AdoptedContainer } from "./container-worker.js";
import type { RunningContainer } from "./container.js";
import { removeNetwork } from "./network.js";
import type { AddressPool } from "./network.js";
import { childrenOf, isAlive, readRecord } from "./record.js";
import type { PodRecord, ProcessRecord } from "./record.js";

/** Undefined where nothing was started of the container yet. */
export function adoptedOf(
  pod: V1Pod,
  { name }: V1Container,
  record: PodRecord["containers"][string] | undefined,
  adopt: (process: ProcessRecord) => RunningContainer,
): AdoptedContainer | undefined {
  if (record === undefined) return undefined;
  const status = pod.status?.containerStatuses?.find((each) => each.name === name);
  return {
    running: adopt(record.process),
    startedAt: record.startedAt,
    restarts: record.restarts,
    ready: status?.ready ?? false,
    started: status?.started ?? false,
  };
}

/** Ends all processes of a pod at once. */
export function removeRemains({ ip, network, containers }: PodRecord): void {
  for (const { process: started } of Object.values(containers).filter((each) => isAlive(each.process)))
    for (const pid of [...childrenOf(started.pid), started.pid]) process.kill(pid, "SIGKILL");
  removeNetwork({ ip, pid: network.pid });
}

/** Keeps the addresses of all pods that an earlier agent left. */
export function claimAddresses(podFolder: string, addresses: AddressPool): void {
  for (const uid of readdirSync(podFolder)) {
    const record = readRecord(path.join(podFolder, uid));
    if (record !== undefined) addresses.claim(record.ip);
  }
}

/** Pods whose objects were deleted by force while no agent was there. */
export function removeOrphans(podFolder: string, isKnown: (uid: string) => boolean): void {
  for (const uid of readdirSync(podFolder).filter((each) => !isKnown(each))) {
    const folder = path.join(podFolder, uid);
    const record = readRecord(folder);
    if (record !== undefined) removeRemains(record);
    rmSync(folder, { recursive: true, force: true });
  }
}
