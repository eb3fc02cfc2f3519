import type { PodTrouble } from "../../ports/index.js";
import { quote } from "../http/index.js";
import type { Deployment, EventItem, Pod } from "./schemas.js";

type Container = Pod["status"]["containerStatuses"][number];

const waitingReasons: ReadonlyMap<string, PodTrouble["reason"]> = new Map([
  ["CrashLoopBackOff", "CrashLoopBackOff"],
  ["ErrImagePull", "ImagePull"],
  ["ImagePullBackOff", "ImagePull"],
  ["InvalidImageName", "ImagePull"],
  ["ErrImageNeverPull", "ImagePull"],
  ["ImageInspectError", "ImagePull"],
  ["CreateContainerConfigError", "ConfigError"],
  ["CreateContainerError", "ConfigError"],
]);

/** What keeps this pod from ever getting well; undefined where time alone may help. */
export function podTrouble(pod: Pod): PodTrouble | undefined {
  const { containerStatuses, initContainerStatuses } = pod.status;
  for (const container of [...initContainerStatuses, ...containerStatuses]) {
    const found = containerTrouble(container);
    if (found !== undefined) return { pod: pod.metadata.name, ...found };
  }
  return undefined;
}

function containerTrouble(container: Container): Omit<PodTrouble, "pod"> | undefined {
  const { name, state, lastState, restartCount } = container;
  const killed = [state.terminated, lastState.terminated].some((end) => end?.reason === "OOMKilled");
  if (killed) return { reason: "OOMKilled", message: `container ${name} ran out of memory` };
  const reason = waitingReasons.get(state.waiting?.reason ?? "");
  if (reason === undefined) return undefined;
  const said = quote(state.waiting?.message ?? "");
  const exit = lastState.terminated;
  const crashed = exit === undefined ? "" : ` (exit code ${exit.exitCode}, ${restartCount} restarts)`;
  const detail = reason === "CrashLoopBackOff" ? crashed : said === "" ? "" : `: ${said}`;
  return { reason, message: `container ${name}: ${state.waiting?.reason ?? ""}${detail}` };
}

const longestSaid = 200;

/** What keeps a pod from getting ready, in one sentence: a container, or no node with room for it. */
export function startTroubleOf(pod: Pod): string | undefined {
  const { name } = pod.metadata;
  const trouble = podTrouble(pod);
  if (trouble !== undefined) return `pod ${name}: ${trouble.reason}: ${trouble.message}`;
  const unscheduled = pod.status.conditions.find(({ type, status }) => type === "PodScheduled" && status === "False");
  return unscheduled === undefined
    ? undefined
    : `pod ${name}: FailedScheduling: ${quote(unscheduled.message, longestSaid)}`;
}

/** Why a Deployment has no pods (a quota, an admission that refuses them), as its controller says. */
export function replicaFailureOf({ status }: Deployment): string | undefined {
  const failure = status.conditions.find(({ type, status: value }) => type === "ReplicaFailure" && value === "True");
  return failure === undefined ? undefined : `${failure.reason}: ${quote(failure.message, longestSaid)}`;
}

/** When an Event was last seen, ms since the epoch. */
export function timeOf({ lastTimestamp, eventTime, metadata }: EventItem): number {
  return Date.parse(lastTimestamp ?? eventTime ?? metadata.creationTimestamp) || 0;
}
