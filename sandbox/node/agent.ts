// Stand-in for a kubelet: registers the node and runs the pods that the scheduler gives to it.
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
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
import { findImage } from "../images/index.js";
import { claimAddresses, removeOrphans } from "./adoption.js";
import { EventRecorder } from "./events.js";
import { AddressPool } from "./network.js";
import type { PodHost } from "./pod-host.js";
import { PodWorker } from "./pod-worker.js";
import type { StatusJson } from "./status.js";

const heartbeatMs = 10_000;
const mergePatch = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);

export interface AgentOptions {
  readonly config: KubeConfig;
  readonly stateFolder: string;
  readonly nodeName: string;
  readonly kubeletPort: number;
}

export class Agent {
  private readonly core: CoreV1Api;
  private readonly leases: CoordinationV1Api;
  private readonly workers = new Map<string, PodWorker>();
  private readonly addresses = new AddressPool();
  private readonly events: EventRecorder;

  constructor(private readonly options: AgentOptions) {
    this.events = new EventRecorder(options.config, options.nodeName);
    this.core = options.config.makeApiClient(CoreV1Api);
    this.leases = options.config.makeApiClient(CoordinationV1Api);
  }

  get podFolder(): string {
    return path.join(this.options.stateFolder, "pods");
  }

  async start(): Promise<void> {
    claimAddresses(this.podFolder, this.addresses);
    await this.register();
    void this.beat();
    const fieldSelector = `spec.nodeName=${this.options.nodeName}`;
    const watched = `/api/v1/pods?fieldSelector=${encodeURIComponent(fieldSelector)}`;
    const informer = makeInformer<V1Pod>(this.options.config, watched, () =>
      this.core.listPodForAllNamespaces({ fieldSelector }),
    );
    informer.on("add", (pod) => this.seen(pod));
    informer.on("update", (pod) => this.seen(pod));
    informer.on("delete", (pod) => this.gone(pod));
    informer.on("error", () => setTimeout(() => void informer.start().catch(() => undefined), 500));
    await informer.start();
    removeOrphans(this.podFolder, (uid) => this.workers.has(uid));
  }

  private seen(pod: V1Pod): void {
    const uid = pod.metadata?.uid ?? "";
    const worker = this.workers.get(uid);
    if (worker !== undefined) return worker.update(pod);
    const fresh = new PodWorker(pod, this.host);
    this.workers.set(uid, fresh);
    fresh.update(pod);
    void fresh.run().finally(() => this.workers.delete(uid));
  }

  /** Deleted by force: its processes must end all the same. */
  private gone(pod: V1Pod): void {
    const deleted = { ...pod.metadata, deletionTimestamp: new Date(), deletionGracePeriodSeconds: 0 };
    this.workers.get(pod.metadata?.uid ?? "")?.update({ ...pod, metadata: deleted });
  }

  private get host(): PodHost {
    const { stateFolder } = this.options;
    return {
      sandbox: path.basename(stateFolder),
      folder: this.podFolder,
      image: (reference) => findImage(reference, stateFolder),
      tell: (pod, event) => this.events.record(pod, event),
      addresses: this.addresses,
      writeStatus: (pod, status) => this.writeStatus(pod, status),
      forget: (pod) => this.forget(pod),
      source: {
        configMap: (namespace, name) => this.core.readNamespacedConfigMap({ namespace, name }).catch(absent),
        secret: (namespace, name) => this.core.readNamespacedSecret({ namespace, name }).catch(absent),
        token: (pod, audience, expirationSeconds) => this.token(pod, audience, expirationSeconds),
      },
    };
  }

  private async token(pod: V1Pod, audience: string | undefined, expirationSeconds: number): Promise<string> {
    const { name = "", namespace = "default", uid = "" } = pod.metadata ?? {};
    const answer = await this.core.createNamespacedServiceAccountToken({
      namespace,
      name: pod.spec?.serviceAccountName ?? "default",
      body: {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: {
          audiences: audience === undefined ? [] : [audience],
          expirationSeconds: Math.max(600, expirationSeconds),
          boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid },
        },
      },
    });
    return answer.status?.token ?? "";
  }

  private async writeStatus(pod: V1Pod, status: StatusJson): Promise<void> {
    const { name = "", namespace = "default", uid } = pod.metadata ?? {};
    for (let tries = 0; tries < 5; tries++) {
      try {
        await this.core.patchNamespacedPodStatus({ name, namespace, body: { metadata: { uid }, status } }, mergePatch);
        return;
      } catch (error) {
        if (error instanceof ApiException && (error.code === 404 || error.code === 409)) return;
        await pause(200 * (tries + 1));
      }
    }
  }

  private async forget(pod: V1Pod): Promise<void> {
    const { name = "", namespace = "default", uid = "" } = pod.metadata ?? {};
    const body = { gracePeriodSeconds: 0, preconditions: { uid } };
    for (let tries = 0; tries < 20; tries++) {
      try {
        await this.core.deleteNamespacedPod({ name, namespace, body });
        return;
      } catch (error) {
        if (error instanceof ApiException && (error.code === 404 || error.code === 409)) return;
        await pause(500);
      }
    }
  }

  private async register(): Promise<void> {
    const { nodeName, kubeletPort } = this.options;
    const metadata = { name: nodeName, labels: { "kubernetes.io/hostname": nodeName, "kubernetes.io/os": "linux" } };
    await this.core.createNode({ body: { metadata } }).catch(ignoreConflict);
    const amounts = { cpu: "64", memory: "128Gi", pods: "1000", "ephemeral-storage": "100Gi" };
    const now = new Date().toISOString();
    const ready = {
      type: "Ready",
      status: "True",
      reason: "KubeletReady",
      lastHeartbeatTime: now,
      lastTransitionTime: now,
    };
    const status = {
      capacity: amounts,
      allocatable: amounts,
      addresses: [
        { type: "InternalIP", address: "10.244.0.1" },
        { type: "Hostname", address: nodeName },
      ],
      conditions: [ready],
      daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } },
      nodeInfo: { kubeletVersion: "v1.36.0-sandbox", operatingSystem: "linux", architecture: "amd64" },
    };
    await this.core.patchNodeStatus({ name: nodeName, body: { status } }, mergePatch);
  }

  private async beat(): Promise<void> {
    const { nodeName: name } = this.options;
    const namespace = "kube-node-lease";
    const spec = (): object => ({ holderIdentity: name, leaseDurationSeconds: 40, renewTime: new V1MicroTime() });
    for (;;) {
      await this.leases
        .patchNamespacedLease({ name, namespace, body: { spec: spec() } }, mergePatch)
        .catch(() => this.leases.createNamespacedLease({ namespace, body: { metadata: { name }, spec: spec() } }))
        .catch(() => undefined);
      await pause(heartbeatMs);
    }
  }
}

function absent(error: unknown): undefined {
  if (error instanceof ApiException && error.code === 404) return undefined;
  throw error;
}

function ignoreConflict(error: unknown): void {
  if (!(error instanceof ApiException && error.code === 409)) throw error;
}
