// Stand-in for a kubelet: keeps one container of a pod running, with its probes, restarts and back-off.
import { setTimeout as pause } from "node:timers/promises";
import type { V1Container, V1Pod } from "@kubernetes/client-node";
import type { RunningContainer } from "./container.js";
import type { PodEvent } from "./events.js";
import { runProbe } from "./probes.js";
import type { ProbeTarget } from "./probes.js";
import { CannotCreate } from "./refusal.js";
import { backOffMs, bytesOf } from "./status.js";
import type { ContainerState, ContainerView, Termination } from "./status.js";

export interface ContainerWorkerOptions {
  readonly pod: V1Pod;
  readonly container: V1Container;
  readonly imageId: string;
  readonly ip: string;
  /** Starts the program once; throws CannotCreate where a kubelet would not. */
  readonly start: () => Promise<RunningContainer>;
  readonly onChange: () => void;
  /** For the pod's Events. */
  readonly tell: (event: PodEvent) => void;
  /** What an earlier agent started and this one goes on with. */
  readonly adopted?: AdoptedContainer | undefined;
}

export interface AdoptedContainer {
  readonly running: RunningContainer;
  readonly startedAt: string;
  readonly restarts: number;
  /** What the pod's status says: a restarted agent leaves it until a probe says otherwise. */
  readonly ready: boolean;
  readonly started: boolean;
}

const missingRetryMs = 2_000;
const memoryCheckMs = 500;
/** A container that ran so long starts again with a fresh back-off. */
const healthyMs = 10 * 60_000;

export class ContainerWorker {
  private state: ContainerState = { kind: "waiting", reason: "ContainerCreating" };
  private last: Termination | undefined;
  private ready = false;
  private started = false;
  private restarts = 0;
  private failures = 0;
  private running: RunningContainer | undefined;
  private readonly stopping = new AbortController();
  private finished: Promise<void> = Promise.resolve();

  private adopted: AdoptedContainer | undefined;

  constructor(private readonly options: ContainerWorkerOptions) {
    this.adopted = options.adopted;
    this.restarts = options.adopted?.restarts ?? 0;
  }

  get view(): ContainerView {
    const { name, image } = this.options.container;
    const { state, last, ready, started, restarts } = this;
    const { imageId } = this.options;
    return { name, image: image ?? "", imageId, state, last, ready, started, restarts };
  }

  /** Runs until it may not be restarted any more or is stopped. */
  run(): Promise<void> {
    this.finished = this.loop();
    return this.finished;
  }

  private async loop(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const started = performance.now();
      const termination = await this.once();
      if (termination === undefined) continue;
      this.last = termination;
      if (!this.mayRestart(termination)) {
        this.change({ kind: "terminated", termination });
        return;
      }
      this.failures = performance.now() - started > healthyMs ? 0 : this.failures;
      this.change({ kind: "terminated", termination });
      await this.backOff();
      this.restarts += 1;
      this.failures += 1;
    }
  }

  private mayRestart({ exitCode }: Termination): boolean {
    if (this.stopping.signal.aborted) return false;
    const policy = this.options.pod.spec?.restartPolicy ?? "Always";
    return policy === "Always" || (policy === "OnFailure" && exitCode !== 0);
  }

  private async backOff(): Promise<void> {
    if (this.failures === 0) return;
    const waitMs = backOffMs(this.failures - 1);
    const message = `back-off ${waitMs / 1000}s restarting failed container=${this.options.container.name}`;
    this.change({ kind: "waiting", reason: "CrashLoopBackOff", message });
    this.options.tell({
      type: "Warning",
      reason: "BackOff",
      message: `Back-off restarting failed container ${this.options.container.name}`,
    });
    await pause(waitMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }

  /** One start; undefined when it could not be started yet. */
  private async once(): Promise<Termination | undefined> {
    const { adopted } = this;
    this.adopted = undefined;
    const running = adopted?.running ?? (await this.tryStart());
    if (running === undefined) return undefined;
    this.running = running;
    const startedAt = adopted?.startedAt ?? now();
    const attempt = new AbortController();
    const oom = { killed: false };
    this.started = adopted?.started ?? this.options.container.startupProbe === undefined;
    this.ready = adopted?.ready ?? (this.started && this.options.container.readinessProbe === undefined);
    this.change({ kind: "running", startedAt });
    this.startProbes(running, attempt.signal);
    if (running.needsWatching) void this.watchMemory(running, oom, attempt.signal);
    const { exitCode } = await running.ended;
    attempt.abort();
    const outOfMemory = exitCode !== 0 && (oom.killed || running.outOfMemory);
    running.forget();
    this.running = undefined;
    this.ready = false;
    const reason = outOfMemory ? "OOMKilled" : exitCode === 0 ? "Completed" : "Error";
    return { exitCode, reason, startedAt, finishedAt: now() };
  }

  private async tryStart(): Promise<RunningContainer | undefined> {
    const { name } = this.options.container;
    try {
      const running = await this.options.start();
      this.options.tell({ type: "Normal", reason: "Started", message: `Started container ${name}` });
      return running;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const reason = error instanceof CannotCreate ? error.reason : "CreateContainerError";
      this.options.tell({ type: "Warning", reason: "Failed", message: `Error: ${message}` });
      this.change({ kind: "waiting", reason, message });
      await pause(missingRetryMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      return undefined;
    }
  }

  private startProbes(running: RunningContainer, signal: AbortSignal): void {
    const { container, ip } = this.options;
    const target: ProbeTarget = { ip, container, execute: (argv, timeoutMs) => running.execute(argv, timeoutMs) };
    const { startupProbe, readinessProbe, livenessProbe } = container;
    const failed = (kind: string) => (why: string) =>
      this.options.tell({ type: "Warning", reason: "Unhealthy", message: `${kind} probe failed: ${why}` });
    const unhealthy = (): void => {
      const message = `Container ${container.name} failed liveness probe, will be restarted`;
      this.options.tell({ type: "Normal", reason: "Killing", message });
      running.kill();
    };
    const whenStarted = (): void => {
      if (readinessProbe === undefined) this.setReady(true);
      else
        void runProbe(
          readinessProbe,
          target,
          this.ready,
          (healthy) => this.setReady(healthy),
          failed("Readiness"),
          signal,
        );
      if (livenessProbe !== undefined)
        void runProbe(
          livenessProbe,
          target,
          true,
          (healthy) => (healthy ? undefined : unhealthy()),
          failed("Liveness"),
          signal,
        );
    };
    if (startupProbe === undefined || this.started) return whenStarted();
    const startup = new AbortController();
    signal.addEventListener("abort", () => startup.abort(), { once: true });
    const onStarted = (): void => {
      startup.abort();
      this.started = true;
      whenStarted();
      this.options.onChange();
    };
    void runProbe(startupProbe, target, false, onStarted, failed("Startup"), startup.signal);
  }

  private async watchMemory(running: RunningContainer, oom: { killed: boolean }, signal: AbortSignal): Promise<void> {
    const limit = bytesOf(this.options.container.resources?.limits?.["memory"]);
    while (limit !== undefined && !signal.aborted) {
      await pause(memoryCheckMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted || running.memoryBytes <= limit) continue;
      oom.killed = true;
      running.kill();
    }
  }

  private setReady(ready: boolean): void {
    this.ready = ready;
    this.options.onChange();
  }

  private change(state: ContainerState): void {
    this.state = state;
    this.options.onChange();
  }

  /** preStop, then the stop signal, then after `graceMs` in all the kill. */
  async stop(graceMs: number): Promise<void> {
    const deadline = performance.now() + graceMs;
    this.stopping.abort();
    const { running } = this;
    if (running === undefined) return this.finished;
    this.options.tell({
      type: "Normal",
      reason: "Killing",
      message: `Stopping container ${this.options.container.name}`,
    });
    await Promise.race([this.preStop(running), pause(graceMs)]);
    running.askToStop();
    const timer = setTimeout(() => running.kill(), Math.max(0, deadline - performance.now()));
    await running.ended;
    clearTimeout(timer);
    await this.finished;
  }

  private async preStop(running: RunningContainer): Promise<void> {
    const hook = this.options.container.lifecycle?.preStop;
    if (hook?.sleep !== undefined) await Promise.race([pause(hook.sleep.seconds * 1000), running.ended]);
    if (hook?.exec?.command !== undefined) await running.execute(hook.exec.command, 60_000);
    if (hook?.httpGet !== undefined) {
      const { port, path: file = "/" } = hook.httpGet;
      await fetch(`http://${this.options.ip}:${port}${file}`).catch(() => undefined);
    }
  }
}

function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}
