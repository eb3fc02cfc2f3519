import {
  ApiException,
  CoordinationV1Api,
  CoreV1Api,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  V1MicroTime,
} from "@kubernetes/client-node";
import type { KubeConfig, V1Pod } from "@kubernetes/client-node";
import { setTimeout as pause } from "node:timers/promises";
import { fakeNode } from "./world-facts.js";

const mergePatch = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
const heartbeatMs = 10_000;

/** A node whose pods are ready as soon as they are bound to it, without any process. */
export class FakeNode {
  /** Address of the newest ready pod of each application, by `namespace/app`. */
  readonly addresses = new Map<string, string>();
  private readonly core: CoreV1Api;
  private readonly leases: CoordinationV1Api;
  private readonly given = new Map<string, string>();

  constructor(private readonly config: KubeConfig) {
    this.core = config.makeApiClient(CoreV1Api);
    this.leases = config.makeApiClient(CoordinationV1Api);
  }

  async start(): Promise<void> {
    await this.register();
    void this.beat();
    const fieldSelector = `spec.nodeName=${fakeNode}`;
    const informer = makeInformer<V1Pod>(
      this.config,
      `/api/v1/pods?fieldSelector=${encodeURIComponent(fieldSelector)}`,
      () => this.core.listPodForAllNamespaces({ fieldSelector }),
    );
    informer.on("add", (pod) => void this.seen(pod));
    informer.on("update", (pod) => void this.seen(pod));
    informer.on("error", () => setTimeout(() => void informer.start().catch(() => undefined), 500));
    await informer.start();
  }

  private async seen(pod: V1Pod): Promise<void> {
    const { name = "", namespace = "", uid = "", labels = {}, deletionTimestamp } = pod.metadata ?? {};
    if (deletionTimestamp !== undefined) {
      await this.core.deleteNamespacedPod({ name, namespace, body: { gracePeriodSeconds: 0 } }).catch(ignoreAbsent);
      return;
    }
    if (this.given.has(uid)) return;
    const address = addressOf(this.given.size);
    this.given.set(uid, address);
    const body = { status: readyStatus(pod, address) };
    await this.core.patchNamespacedPodStatus({ name, namespace, body }, mergePatch).catch(ignoreAbsent);
    this.addresses.set(`${namespace}/${labels["app"] ?? ""}`, address);
  }

  private async register(): Promise<void> {
    // The scheduler must not send it pods that somebody really asks for an answer.
    const spec = { unschedulable: true };
    await this.core.createNode({ body: { metadata: { name: fakeNode }, spec } }).catch(ignoreConflict);
    const now = new Date().toISOString();
    const amounts = { cpu: "1000", memory: "1000Gi", pods: "5000" };
    const conditions = [{ type: "Ready", status: "True", lastHeartbeatTime: now, lastTransitionTime: now }];
    const status = { capacity: amounts, allocatable: amounts, conditions };
    await this.core.patchNodeStatus({ name: fakeNode, body: { status } }, mergePatch);
  }

  private async beat(): Promise<void> {
    const namespace = "kube-node-lease";
    const spec = (): object => ({ holderIdentity: fakeNode, leaseDurationSeconds: 40, renewTime: new V1MicroTime() });
    for (;;) {
      await this.leases
        .patchNamespacedLease({ name: fakeNode, namespace, body: { spec: spec() } }, mergePatch)
        .catch(() =>
          this.leases.createNamespacedLease({ namespace, body: { metadata: { name: fakeNode }, spec: spec() } }),
        )
        .catch(() => undefined);
      await pause(heartbeatMs);
    }
  }
}

/** Of a range that nothing else in the sandbox uses. */
function addressOf(index: number): string {
  return `10.200.${Math.floor(index / 250)}.${1 + (index % 250)}`;
}

function readyStatus(pod: V1Pod, podIP: string): object {
  const now = new Date().toISOString();
  const condition = (type: string): object => ({ type, status: "True", lastTransitionTime: now });
  const containerStatuses = (pod.spec?.containers ?? []).map(({ name, image }) => ({
    name,
    image,
    imageID: image,
    ready: true,
    started: true,
    restartCount: 0,
    state: { running: { startedAt: now } },
  }));
  return {
    phase: "Running",
    podIP,
    podIPs: [{ ip: podIP }],
    startTime: now,
    conditions: ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map(condition),
    containerStatuses,
  };
}

function ignoreAbsent(error: unknown): void {
  if (!(error instanceof ApiException && (error.code === 404 || error.code === 409))) throw error;
}

function ignoreConflict(error: unknown): void {
  if (!(error instanceof ApiException && error.code === 409)) throw error;
}
