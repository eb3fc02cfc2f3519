// Stand-in for a kubelet: one pod from its binding to its end.
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { V1Container, V1Pod } from "@kubernetes/client-node";
import { imageIdOf } from "../images/index.js";
import type { Image } from "../images/index.js";
import { ContainerStarter } from "./container-starter.js";
import { ContainerWorker } from "./container-worker.js";
import { adoptedOf, removeRemains } from "./adoption.js";
import type { PodEvent } from "./events.js";
import { userIds } from "../machine/user-ids.js";
import { createNetwork, removeNetwork } from "./network.js";
import type { PodNetwork } from "./network.js";
import type { PodHost } from "./pod-host.js";
import { processRecordOf, readRecord, writeRecord } from "./record.js";
import type { PodRecord } from "./record.js";
import { mountFailureOf, refusalOf } from "./refusal.js";
import type { Refusal } from "./refusal.js";
import { refusedStatus, statusOf } from "./status.js";
import type { ContainerView } from "./status.js";
import { removeVolumes, writeVolumes } from "./volumes.js";

const volumeRefreshMs = 10_000;
const retryMs = 1_000;

export class PodWorker {
  private network: PodNetwork | undefined;
  private initWorkers: readonly ContainerWorker[] = [];
  private workers: readonly ContainerWorker[] = [];
  private waiting: readonly ContainerView[];
  private initialized = false;
  private readonly refusal: Refusal | undefined;
  /** What was started last of each container. */
  private readonly started: Record<string, PodRecord["containers"][string]> = {};
  private adopting: Promise<void> = Promise.resolve();
  private startTime = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  private readonly stopping = new AbortController();
  private reporting: Promise<void> = Promise.resolve();
  private changed = false;

  constructor(
    private pod: V1Pod,
    private readonly host: PodHost,
  ) {
    this.refusal = refusalOf(pod);
    this.waiting = (pod.spec?.containers ?? []).map((container) => waitingView(container, "ContainerCreating"));
  }

  private get folder(): string {
    return path.join(this.host.folder, this.pod.metadata?.uid ?? "unknown");
  }

  /** The newest version of the object. */
  update(pod: V1Pod): void {
    this.pod = pod;
    if (pod.metadata?.deletionTimestamp !== undefined && !this.stopping.signal.aborted) this.stopping.abort();
  }

  /** From start to end; resolves when nothing of the pod is left on this machine. */
  async run(): Promise<void> {
    const earlier = readRecord(this.folder);
    if (earlier === undefined) this.report();
    else this.adopting = this.adopt(earlier);
    const life = this.adopting
      .then(() => (this.initialized ? this.serve() : this.live()))
      .catch((error: unknown) => {
        console.error(`pod ${this.pod.metadata?.namespace}/${this.pod.metadata?.name}: ${String(error)}`);
      });
    await untilAborted(this.stopping.signal);
    await this.adopting.catch(() => undefined);
    await this.end();
    await life;
    await this.host.forget(this.pod);
  }

  /** Takes over what an earlier agent left running; what had not got to its containers begins again. */
  private async adopt(record: PodRecord): Promise<void> {
    if (!record.initialized) {
      removeRemains(record);
      this.host.addresses.release(record.ip);
      return;
    }
    this.network = { ip: record.ip, pid: record.network.pid };
    this.startTime = record.startTime;
    this.initialized = true;
    Object.assign(this.started, record.containers);
    const images = await this.programs();
    this.workers = (this.pod.spec?.containers ?? []).map((container) => this.worker(container, images));
  }

  private async live(): Promise<void> {
    if (this.refusal !== undefined) return this.tell({ type: "Warning", ...this.refusal });
    const images = await this.pull();
    if (images === undefined) return;
    await this.prepare();
    if (this.stopping.signal.aborted || this.network === undefined) return;
    this.initWorkers = (this.pod.spec?.initContainers ?? []).map((container) => this.worker(container, images));
    for (const worker of this.initWorkers) {
      await worker.run();
      const { state } = worker.view;
      if (this.stopping.signal.aborted || state.kind !== "terminated" || state.termination.exitCode !== 0) return;
    }
    this.initialized = true;
    this.workers = (this.pod.spec?.containers ?? []).map((container) => this.worker(container, images));
    await this.serve();
  }

  private async serve(): Promise<void> {
    this.note();
    void this.refreshVolumes();
    await Promise.all(this.workers.map((worker) => worker.run()));
    this.report();
  }

  /** All programs; keeps trying like a kubelet where one can't be had. */
  private async pull(): Promise<ReadonlyMap<string, Image> | undefined> {
    for (let attempt = 0; !this.stopping.signal.aborted; attempt++) {
      const found = new Map<string, Image>();
      const failures = new Map<string, string>();
      for (const { image = "" } of containersOf(this.pod))
        await this.host.image(image).then(
          (program) => found.set(image, program),
          (error: unknown) => failures.set(image, error instanceof Error ? error.message : String(error)),
        );
      if (failures.size === 0) return found;
      this.tellFailures(failures, attempt % 2 === 0);
      await this.sleep(attempt % 2 === 0 ? retryMs : 10 * retryMs);
    }
    return undefined;
  }

  private tellFailures(failures: ReadonlyMap<string, string>, first: boolean): void {
    const reason = first ? "ErrImagePull" : "ImagePullBackOff";
    this.waiting = (this.pod.spec?.containers ?? []).map((container) => {
      const failure = failures.get(container.image ?? "");
      return failure === undefined
        ? waitingView(container, "ContainerCreating")
        : waitingView(container, reason, failure);
    });
    for (const [image, failure] of failures)
      this.tell(
        first
          ? { type: "Warning", reason: "Failed", message: `Failed to pull image "${image}": ${failure}` }
          : { type: "Warning", reason: "BackOff", message: `Back-off pulling image "${image}"` },
      );
    this.report();
  }

  /** Those of a pod that runs already. */
  private async programs(): Promise<ReadonlyMap<string, Image>> {
    const references = [...new Set(containersOf(this.pod).map(({ image = "" }) => image))];
    const images = await Promise.all(references.map((reference) => this.host.image(reference)));
    return new Map(images.map((image, index) => [references[index] ?? "", image]));
  }

  private tell(event: PodEvent): void {
    this.host.tell(this.pod, event);
  }

  private async prepare(): Promise<void> {
    await mkdir(path.join(this.folder, "logs"), { recursive: true });
    const ip = this.host.addresses.take();
    const name = this.pod.metadata?.name ?? "pod";
    this.network = await createNetwork(name, ip, this.pod.spec?.securityContext?.sysctls);
    this.note();
    await this.writeFiles(name, ip);
    while (!this.stopping.signal.aborted) {
      try {
        this.requireVolumes();
        await this.writeVolumes(ip);
        return;
      } catch (error) {
        // As a kubelet: the pod stays in ContainerCreating until its ConfigMaps and Secrets are there.
        const message = error instanceof Error ? error.message : String(error);
        this.tell({ type: "Warning", reason: "FailedMount", message });
        await this.sleep(retryMs);
      }
    }
  }

  private writeVolumes(ip: string): Promise<void> {
    return writeVolumes(this.pod, path.join(this.folder, "volumes"), ip, this.host.source, userIds());
  }

  private requireVolumes(): void {
    const failure = (this.pod.spec?.volumes ?? []).map(mountFailureOf).find((each) => each !== undefined);
    if (failure !== undefined) throw new Error(failure);
  }

  private async writeFiles(name: string, ip: string): Promise<void> {
    const namespace = this.pod.metadata?.namespace ?? "default";
    const search = `${namespace}.svc.cluster.local svc.cluster.local cluster.local`;
    const files = {
      "resolv.conf": `nameserver 10.96.0.10\nsearch ${search}\noptions ndots:5\n`,
      hosts: `127.0.0.1 localhost\n::1 localhost\n${ip} ${name}\n`,
      hostname: `${name}\n`,
    };
    for (const [file, content] of Object.entries(files)) await writeFile(path.join(this.folder, file), content);
  }

  private worker(container: V1Container, images: ReadonlyMap<string, Image>): ContainerWorker {
    const image = images.get(container.image ?? "");
    const { network, folder } = this;
    if (image === undefined || network === undefined) throw new Error(`no program for ${container.image ?? ""}`);
    const starter = new ContainerStarter({ pod: this.pod, container, image, network, folder, host: this.host });
    const worker: ContainerWorker = new ContainerWorker({
      pod: this.pod,
      container,
      imageId: imageIdOf(container.image ?? "", image),
      ip: network.ip,
      onChange: () => this.report(),
      tell: (event) => this.tell(event),
      adopted: adoptedOf(this.pod, container, this.started[container.name], (process) => starter.adopt(process)),
      start: async () => {
        const running = await starter.start();
        const { restarts } = worker.view;
        this.started[container.name] = { process: running.record, startedAt: new Date().toISOString(), restarts };
        this.note();
        return running;
      },
    });
    return worker;
  }

  /** For an agent that comes after this one. */
  private note(): void {
    if (this.network === undefined) return;
    const { ip, pid } = this.network;
    const { startTime, initialized, started: containers } = this;
    writeRecord(this.folder, { ip, network: processRecordOf(pid), startTime, initialized, containers });
  }

  private async refreshVolumes(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      await this.sleep(volumeRefreshMs);
      const ip = this.network?.ip ?? "";
      await this.writeVolumes(ip).catch(() => undefined);
    }
  }

  private async end(): Promise<void> {
    const graceSeconds =
      this.pod.metadata?.deletionGracePeriodSeconds ?? this.pod.spec?.terminationGracePeriodSeconds ?? 30;
    const all = [...this.initWorkers, ...this.workers];
    await Promise.all(all.map((worker) => worker.stop(graceSeconds * 1000)));
    await this.reporting;
    if (this.network !== undefined) {
      removeNetwork(this.network);
      this.host.addresses.release(this.network.ip);
    }
    await removeVolumes(path.join(this.folder, "volumes"));
    await rm(this.folder, { recursive: true, force: true }).catch(() => undefined);
  }

  /** Writes the status; what changes while one write is under way goes into the next. */
  private report(): void {
    if (this.changed) return;
    this.changed = true;
    this.reporting = this.reporting.then(async () => {
      this.changed = false;
      const containers = this.workers.length > 0 ? this.workers.map(({ view }) => view) : this.waiting;
      const view = {
        ip: this.network?.ip,
        startTime: this.startTime,
        initialized: this.initialized,
        initContainers: this.initWorkers.map((worker) => worker.view),
        containers,
      };
      const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
      const { refusal, startTime } = this;
      const status = refusal === undefined ? statusOf(this.pod, view, now) : refusedStatus(refusal, startTime);
      await this.host.writeStatus(this.pod, status);
    });
  }

  private async sleep(milliseconds: number): Promise<void> {
    await pause(milliseconds, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}

function containersOf({ spec }: V1Pod): readonly V1Container[] {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
}

function waitingView({ name, image = "" }: V1Container, reason: string, message?: string): ContainerView {
  const state = { kind: "waiting", reason, ...(message === undefined ? {} : { message }) } as const;
  return { name, image, imageId: "", state, last: undefined, ready: false, started: false, restarts: 0 };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
