// Stand-in for a kubelet: the status of a pod, computed from what its containers do; pure.
import type { V1ContainerStatus, V1Pod, V1PodCondition, V1PodStatus } from "@kubernetes/client-node";
import type { Refusal } from "./refusal.js";

export type ContainerState =
  | { readonly kind: "waiting"; readonly reason: string; readonly message?: string }
  | { readonly kind: "running"; readonly startedAt: string }
  | { readonly kind: "terminated"; readonly termination: Termination };

export interface Termination {
  readonly exitCode: number;
  readonly reason: "Completed" | "Error" | "OOMKilled";
  readonly startedAt: string;
  readonly finishedAt: string;
}

export interface ContainerView {
  readonly name: string;
  readonly image: string;
  readonly imageId: string;
  readonly state: ContainerState;
  readonly last: Termination | undefined;
  readonly ready: boolean;
  readonly started: boolean;
  readonly restarts: number;
}

export interface PodView {
  readonly ip: string | undefined;
  readonly startTime: string;
  readonly initialized: boolean;
  readonly initContainers: readonly ContainerView[];
  readonly containers: readonly ContainerView[];
}

/** As JSON: the API's dates are texts there. */
export type StatusJson = Omit<V1PodStatus, "conditions" | "containerStatuses" | "initContainerStatuses" | "startTime"> &
  Record<string, unknown>;

/** Of a pod that never got onto the node. */
export function refusedStatus({ reason, message }: Refusal, startTime: string): StatusJson {
  return { phase: "Failed", reason, message, startTime };
}

const ownConditions: ReadonlySet<string> = new Set(["Initialized", "ContainersReady", "Ready"]);

export function statusOf(pod: V1Pod, view: PodView, nowIso: string): StatusJson {
  const allReady = view.initialized && view.containers.length > 0 && view.containers.every(({ ready }) => ready);
  const before = pod.status?.conditions ?? [];
  const condition = (type: string, holds: boolean, reason: string): Record<string, unknown> => {
    const earlier = before.find((each) => each.type === type);
    const status = holds ? "True" : "False";
    const since = earlier?.status === status ? isoOf(earlier) : nowIso;
    return { type, status, lastTransitionTime: since, ...(holds ? {} : { reason }) };
  };
  return {
    phase: phaseOf(pod, view),
    hostIP: "10.244.0.1",
    startTime: view.startTime,
    ...(view.ip === undefined ? {} : { podIP: view.ip, podIPs: [{ ip: view.ip }] }),
    conditions: [
      ...before.filter(({ type }) => !ownConditions.has(type)).map((each) => ({ ...each })),
      condition("Initialized", view.initialized, "ContainersNotInitialized"),
      condition("ContainersReady", allReady, "ContainersNotReady"),
      condition("Ready", allReady, "ContainersNotReady"),
    ],
    initContainerStatuses: view.initContainers.map(containerStatus),
    containerStatuses: view.containers.map(containerStatus),
  };
}

/** What is watched comes as JSON, where times are texts. */
function isoOf({ lastTransitionTime: time }: V1PodCondition): string | undefined {
  const text: unknown = time;
  if (typeof text === "string") return text;
  return time instanceof Date ? time.toISOString().replace(/\.\d+Z$/, "Z") : undefined;
}

function phaseOf(pod: V1Pod, { containers, initialized, initContainers }: PodView): string {
  const terminated = containers.filter(({ state }) => state.kind === "terminated");
  const stays = pod.spec?.restartPolicy ?? "Always";
  const failedInit = initContainers.some(
    ({ state }) => state.kind === "terminated" && state.termination.exitCode !== 0,
  );
  if (stays !== "Always" && failedInit && stays === "Never") return "Failed";
  if (stays !== "Always" && initialized && containers.length > 0 && terminated.length === containers.length) {
    const failed = terminated.some(({ state }) => state.kind === "terminated" && state.termination.exitCode !== 0);
    return failed ? "Failed" : "Succeeded";
  }
  const everRan = containers.some(({ state, restarts }) => state.kind !== "waiting" || restarts > 0);
  return everRan ? "Running" : "Pending";
}

function containerStatus(
  view: ContainerView,
): Omit<V1ContainerStatus, "state" | "lastState"> & Record<string, unknown> {
  return {
    name: view.name,
    image: view.image,
    imageID: view.state.kind === "waiting" && view.restarts === 0 ? "" : view.imageId,
    ready: view.ready,
    started: view.started,
    restartCount: view.restarts,
    state: stateJson(view.state),
    lastState: view.last === undefined ? {} : { terminated: { ...view.last } },
  };
}

function stateJson(state: ContainerState): Record<string, unknown> {
  switch (state.kind) {
    case "waiting":
      return { waiting: { reason: state.reason, ...(state.message === undefined ? {} : { message: state.message }) } };
    case "running":
      return { running: { startedAt: state.startedAt } };
    case "terminated":
      return { terminated: { ...state.termination } };
  }
}

/** 10 s, doubled at each restart, at most five minutes: as a kubelet does. */
export function backOffMs(restarts: number): number {
  return Math.min(300_000, 10_000 * 2 ** Math.max(0, restarts));
}

/** Bytes of a quantity such as 64Mi or 1G; undefined where it isn't one. */
export function bytesOf(quantity: string | undefined): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti|k|M|G|T)?$/.exec(quantity ?? "");
  if (match === null) return undefined;
  const units: Readonly<Record<string, number>> = {
    Ki: 2 ** 10,
    Mi: 2 ** 20,
    Gi: 2 ** 30,
    Ti: 2 ** 40,
    k: 1e3,
    M: 1e6,
    G: 1e9,
    T: 1e12,
  };
  return Number(match[1]) * (units[match[2] ?? ""] ?? 1);
}
