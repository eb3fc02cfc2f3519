// Stand-in for a kubelet: one pod from its binding to its end.
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { V1Container, V1Pod } from "@kubernetes/client-node";
import { findImage } from "../catalogue.js";
import type { Image } from "../catalogue.js";
import { ContainerWorker } from "./container-worker.js";
import { RunningContainer } from "./container.js";
import { environmentOf } from "./environment.js";
import { adoptedOf, removeRemains } from "./adoption.js";
import { createNetwork, removeNetwork } from "./network.js";
import type { AddressPool, PodNetwork } from "./network.js";
import { processRecordOf, readRecord, writeRecord } from "./record.js";
import type { PodRecord } from "./record.js";
import { statusOf } from "./status.js";
import type { ContainerView, StatusJson } from "./status.js";
import { removeVolumes, writeVolumes } from "./volumes.js";
import type { VolumeSource } from "./volumes.js";

export interface PodHost {
  readonly folder: string;
  readonly addresses: AddressPool;
  readonly source: VolumeSource;
  writeStatus(pod: V1Pod, status: StatusJson): Promise<void>;
  /** The pod's object may go: nothing of it runs any more. */
  forget(pod: V1Pod): Promise<void>;
}

const volumeRefreshMs = 10_000;
const retryMs = 1_000;

export class PodWorker {
  private network: PodNetwork | undefined;
  private initWorkers: readonly ContainerWorker[] = [];
  private workers: readonly ContainerWorker[] = [];
  private waiting: readonly ContainerView[];
  private initialized = false;
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

  /** All programs; keeps trying like a kubelet where an image name means nothing. */
  private async pull(): Promise<ReadonlyMap<string, Image> | undefined> {
    const containers = containersOf(this.pod);
    for (let attempt = 0; !this.stopping.signal.aborted; attempt++) {
      const found = await this.programs();
      const missing = containers.filter(({ image = "" }) => !found.has(image));
      if (missing.length === 0) return found;
      const reason = attempt % 2 === 0 ? "ErrImagePull" : "ImagePullBackOff";
      this.waiting = (this.pod.spec?.containers ?? []).map((container) =>
        missing.some(({ name }) => name === container.name)
          ? waitingView(container, reason)
          : waitingView(container, "ContainerCreating"),
      );
      this.report();
      await this.sleep(attempt % 2 === 0 ? retryMs : 10 * retryMs);
    }
    return undefined;
  }

  /** Those that there are. */
  private async programs(): Promise<ReadonlyMap<string, Image>> {
    const found = new Map<string, Image>();
    for (const { image = "" } of containersOf(this.pod)) {
      const program = await findImage(image);
      if (program !== undefined) found.set(image, program);
    }
    return found;
  }

  private async prepare(): Promise<void> {
    await mkdir(path.join(this.folder, "logs"), { recursive: true });
    const ip = this.host.addresses.take();
    const name = this.pod.metadata?.name ?? "pod";
    this.network = await createNetwork(name, ip);
    this.note();
    await this.writeFiles(name, ip);
    while (!this.stopping.signal.aborted) {
      try {
        await writeVolumes(this.pod, path.join(this.folder, "volumes"), ip, this.host.source);
        return;
      } catch {
        // As a kubelet: the pod stays in ContainerCreating until its ConfigMaps and Secrets are there.
        await this.sleep(retryMs);
      }
    }
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
    const worker: ContainerWorker = new ContainerWorker({
      pod: this.pod,
      container,
      image,
      ip: network.ip,
      onChange: () => this.report(),
      adopted: adoptedOf(this.pod, container, image, this.started[container.name]),
      start: async () => {
        const running = RunningContainer.start({
          container,
          image,
          env: await environmentOf(this.pod, container, image.env, network.ip, this.host.source),
          networkPid: network.pid,
          root: path.join(folder, "roots", container.name),
          volumes: path.join(folder, "volumes"),
          files: folder,
          log: path.join(folder, "logs", `${container.name}.log`),
        });
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
      await writeVolumes(this.pod, path.join(this.folder, "volumes"), ip, this.host.source).catch(() => undefined);
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
      await this.host.writeStatus(this.pod, statusOf(this.pod, view, new Date().toISOString().replace(/\.\d+Z$/, "Z")));
    });
  }

  private async sleep(milliseconds: number): Promise<void> {
    await pause(milliseconds, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}

function containersOf({ spec }: V1Pod): readonly V1Container[] {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
}

function waitingView({ name, image = "" }: V1Container, reason: string): ContainerView {
  const pulling = reason === "ErrImagePull" || reason === "ImagePullBackOff";
  const state = { kind: "waiting", reason, ...(pulling ? { message: `no such image: ${image}` } : {}) } as const;
  return { name, image, state, last: undefined, ready: false, started: false, restarts: 0 };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
