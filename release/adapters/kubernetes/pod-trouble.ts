import type { PodTrouble } from "../../ports/index.js";
import { quote } from "../http/index.js";
import type { Pod } from "./schemas.js";

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
