import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { AppsV1Api, CoordinationV1Api, CoreV1Api, CustomObjectsApi, KubeConfig } from "@kubernetes/client-node";
import { at } from "../../side-by-side/objects.js";

const execute = promisify(execFile);

/** A release's place in the cluster. */
export interface ReleaseName {
  readonly namespace: string;
  readonly name: string;
}

const platform = "apisix";

/** What faults do to the cluster with their own hands, and what they read of it. */
export class Cluster {
  readonly config = new KubeConfig();
  private readonly core: CoreV1Api;
  private readonly apps: AppsV1Api;
  private readonly custom: CustomObjectsApi;
  private readonly leases: CoordinationV1Api;

  constructor() {
    this.config.loadFromDefault();
    this.core = this.config.makeApiClient(CoreV1Api);
    this.apps = this.config.makeApiClient(AppsV1Api);
    this.custom = this.config.makeApiClient(CustomObjectsApi);
    this.leases = this.config.makeApiClient(CoordinationV1Api);
  }

  /** As a person does it. */
  async kubectl(...argv: readonly string[]): Promise<void> {
    await execute("kubectl", [...argv]);
  }

  async setWeights({ namespace, name }: ReleaseName, canary: number): Promise<void> {
    const route = { group: "apisix.apache.org", version: "v2", namespace, plural: "apisixroutes" };
    const routeName = `${name}-${name}-canary`;
    const found: unknown = await this.custom.getNamespacedCustomObject({ ...route, name: routeName });
    const backends = at(found, "spec", "http", 0, "backends");
    const list: readonly unknown[] = Array.isArray(backends) ? backends : [];
    const body = list.map((backend, index) => ({
      op: "replace",
      path: `/spec/http/0/backends/${index}/weight`,
      value: at(backend, "serviceName") === `${name}-canary` ? canary : 100 - canary,
    }));
    await this.custom.patchNamespacedCustomObject({ ...route, name: routeName, body });
  }

  async deleteCanary({ namespace, name }: ReleaseName): Promise<void> {
    await this.apps.deleteNamespacedDeployment({ namespace, name });
  }

  async scalePrimary({ namespace, name }: ReleaseName, replicas: number): Promise<void> {
    const body = [{ op: "replace", path: "/spec/replicas", value: replicas }];
    await this.apps.patchNamespacedDeployment({ namespace, name: `${name}-primary`, body });
  }

  /** Somebody else says that the release is theirs; false where no run has ever taken it. */
  async stealLease({ namespace, name }: ReleaseName): Promise<boolean> {
    const body = [
      { op: "add", path: "/spec/holderIdentity", value: "somebody-else" },
      { op: "add", path: "/spec/leaseTransitions", value: 1_000 },
    ];
    return this.leases.patchNamespacedLease({ namespace, name: `apisix-canary-${name}`, body }).then(
      () => true,
      () => false,
    );
  }

  async leaseHolder({ namespace, name }: ReleaseName): Promise<string> {
    const found: unknown = await this.leases
      .readNamespacedLease({ namespace, name: `apisix-canary-${name}` })
      .catch(() => undefined);
    const holder = at(found, "spec", "holderIdentity");
    return typeof holder === "string" ? holder : "";
  }

  /** Names of the canary's pods, those on their way out included. */
  async canaryPods({ namespace, name }: ReleaseName): Promise<readonly string[]> {
    const { items } = await this.core.listNamespacedPod({ namespace, labelSelector: `app=${name}` });
    return items.map((pod) => pod.metadata?.name ?? "");
  }

  async primaryIsWhole({ namespace, name }: ReleaseName): Promise<boolean> {
    const { spec, status } = await this.apps.readNamespacedDeployment({ namespace, name: `${name}-primary` });
    const wanted = spec?.replicas ?? 0;
    return wanted > 0 && status?.availableReplicas === wanted && status.replicas === wanted;
  }

  /** Deletes one pod of a platform's part; resolves when it is gone and its successor is ready. */
  async restartPlatformPod(app: string, patienceMs: number): Promise<void> {
    const [pod] = await this.platformPods(app);
    if (pod === undefined) throw new Error(`no pod of ${app} in ${platform}`);
    await this.core.deleteNamespacedPod({ namespace: platform, name: pod });
    await this.untilPlatformReady(app, pod, patienceMs);
  }

  /** Pods that were started again get a fresh place: a kubelet waits longer after each end of the same container. */
  async replaceRestarted(app: string, patienceMs: number): Promise<void> {
    const { items } = await this.core.listNamespacedPod({ namespace: platform, labelSelector: `app=${app}` });
    const restarted = items.filter(({ status }) => status?.containerStatuses?.some((each) => each.restartCount > 0));
    const names = restarted.flatMap(({ metadata }) => metadata?.name ?? []);
    await this.replacePods(app, names, patienceMs);
  }

  /** As a node is drained, or a platform rolled: every pod of a part, one after the other. */
  async replacePlatformPods(app: string, patienceMs: number): Promise<void> {
    await this.replacePods(app, await this.platformPods(app), patienceMs);
  }

  private async replacePods(app: string, pods: readonly string[], patienceMs: number): Promise<void> {
    for (const pod of pods) {
      await this.core.deleteNamespacedPod({ namespace: platform, name: pod });
      await this.untilPlatformReady(app, pod, patienceMs);
    }
  }

  /** Resolves when as many are ready. */
  async scalePlatform(app: string, replicas: number, patienceMs: number): Promise<void> {
    const body = [{ op: "replace", path: "/spec/replicas", value: replicas }];
    await this.apps.patchNamespacedDeployment({ namespace: platform, name: app, body });
    await this.untilPlatformReady(app, undefined, patienceMs);
  }

  private async platformPods(app: string): Promise<readonly string[]> {
    const { items } = await this.core.listNamespacedPod({ namespace: platform, labelSelector: `app=${app}` });
    return items.flatMap(({ metadata }) => metadata?.name ?? []);
  }

  /** Ready as a whole, and where a pod is named, without that one. */
  async untilPlatformReady(deployment: string, gone: string | undefined, patienceMs: number): Promise<void> {
    const deadline = performance.now() + patienceMs;
    while (performance.now() < deadline) {
      const { spec, status } = await this.apps.readNamespacedDeployment({ namespace: platform, name: deployment });
      const old = gone === undefined ? undefined : await this.platformPod(gone);
      const complete = status?.availableReplicas === spec?.replicas && status?.replicas === spec?.replicas;
      if (old === undefined && complete) return;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    throw new Error(`${deployment} was not ready again after ${patienceMs / 1000}s`);
  }

  private platformPod(name: string): Promise<unknown> {
    return this.core.readNamespacedPod({ namespace: platform, name }).catch(() => undefined);
  }

  async deleteNamespace(name: string): Promise<void> {
    await this.core.deleteNamespace({ name }).catch(() => undefined);
  }
}
