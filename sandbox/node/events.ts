// Stand-in for a kubelet: the Events of its pods.
import { CoreV1Api, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import type { KubeConfig, V1Pod } from "@kubernetes/client-node";

export interface PodEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

interface Told {
  readonly name: string;
  count: number;
  atMs: number;
}

/** The same again within this time is not worth a write. */
const repeatMs = 10_000;
const mostKept = 1_000;
const component = "kubelet";
const mergePatch = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);

/** Writes Events; the same one again only raises its count. */
export class EventRecorder {
  private readonly core: CoreV1Api;
  private readonly told = new Map<string, Told>();
  private number = 0;

  constructor(
    config: KubeConfig,
    private readonly nodeName: string,
  ) {
    this.core = config.makeApiClient(CoreV1Api);
  }

  /** Never fails: an Event that can't be written is lost. */
  record(pod: V1Pod, event: PodEvent): void {
    const key = [pod.metadata?.uid, event.reason, event.message].join("/");
    const earlier = this.told.get(key);
    const atMs = Date.now();
    if (earlier === undefined) {
      const name = `${pod.metadata?.name}.${atMs.toString(16)}${(this.number++).toString(16)}`;
      if (this.told.size >= mostKept) this.told.clear();
      this.told.set(key, { name, count: 1, atMs });
      void this.create(pod, event, name).catch(() => this.told.delete(key));
    } else if (atMs - earlier.atMs >= repeatMs) {
      earlier.count += 1;
      earlier.atMs = atMs;
      void this.repeat(pod, earlier).catch(() => this.told.delete(key));
    }
  }

  private async create(pod: V1Pod, { type, reason, message }: PodEvent, name: string): Promise<void> {
    const { name: podName = "", namespace = "default", uid = "", resourceVersion = "" } = pod.metadata ?? {};
    const now = new Date();
    const involvedObject = { apiVersion: "v1", kind: "Pod", name: podName, namespace, uid, resourceVersion };
    await this.core.createNamespacedEvent({
      namespace,
      body: {
        metadata: { name, namespace },
        involvedObject,
        ...{ type, reason, message, count: 1 },
        source: { component, host: this.nodeName },
        ...{ firstTimestamp: now, lastTimestamp: now },
        ...{ reportingComponent: component, reportingInstance: this.nodeName },
      },
    });
  }

  private async repeat(pod: V1Pod, { name, count }: Told): Promise<void> {
    const namespace = pod.metadata?.namespace ?? "default";
    const body = { count, lastTimestamp: new Date().toISOString() };
    await this.core.patchNamespacedEvent({ name, namespace, body }, mergePatch);
  }
}
