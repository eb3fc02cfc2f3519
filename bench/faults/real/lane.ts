import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { startTraffic } from "../../../sandbox/users/index.js";
import type { Traffic } from "../../../sandbox/users/index.js";
import type { Cluster, ReleaseName } from "./cluster.js";
import type { Failure } from "./evidence.js";
import { Observer } from "./observer.js";
import { Project } from "../../project/index.js";
import type { ReleaseProgramSettings } from "./release-settings.js";
import type { Update } from "../../project/index.js";

/** Of each of the two streams of users: one keeps its connections, the other opens one for each request. */
const requestsPerSecond = 20;
const updateMs = 180_000;
const firstMs = 5_000;
const pollMs = 200;

type Asked = Pick<ReleaseProgramSettings, "failing"> &
  Partial<Pick<ReleaseProgramSettings, "deadlineSeconds" | "intervalSeconds" | "hooksUrl">>;

/** One release with its project and its users; cases follow each other on it. */
export class Lane {
  readonly release: ReleaseName;
  readonly observer: Observer;
  failures: Failure[] = [];
  private version = 0;
  private users: readonly Traffic[] = [];
  private asked: ReleaseProgramSettings;

  private constructor(
    readonly namespace: string,
    readonly project: Project,
    readonly cluster: Cluster,
  ) {
    this.release = { namespace, name: "app" };
    this.observer = new Observer(cluster.config, namespace, this.release.name);
    this.asked = this.settings({ failing: false });
  }

  /** A fresh release with its first revision. Throws where that fails. */
  static async open(namespace: string, cluster: Cluster): Promise<Lane> {
    const lane = new Lane(
      namespace,
      await Project.create(namespace, path.join(__dirname, "release-program.js")),
      cluster,
    );
    const first = lane.up({ failing: false });
    const { code } = await first.exited;
    const initialized = await lane.observer.until(({ phase }) => phase === "Initialized", firstMs);
    if (code !== 0 || !initialized)
      throw new Error(`${namespace}: the first revision could not be deployed: ${tail(first.output)}`);
    return lane;
  }

  /** Image tag of the newest revision. */
  get tag(): string {
    return this.asked.tag;
  }

  private settings(asked: Asked): ReleaseProgramSettings {
    const { namespace, name } = this.release;
    return { namespace, name, host: `${namespace}.example.com`, tag: `1.0.${this.version}`, ...asked };
  }

  /** Ships the next revision. */
  up(asked: Asked): Update {
    this.version += 1;
    this.asked = this.settings(asked);
    return this.project.up(this.asked);
  }

  /** What is shipped now, from another machine. */
  upElsewhere(): Update {
    return this.project.fork(`${this.namespace}-elsewhere`).up(this.asked);
  }

  startUsers(perSecond = requestsPerSecond): void {
    this.failures = [];
    const onFailure = (failure: Failure): void => void this.failures.push(failure);
    const host = `${this.namespace}.example.com`;
    this.users = [true, false].map((keepAlive) => startTraffic({ host, perSecond, keepAlive, onFailure }));
  }

  /** Number of their requests. */
  async stopUsers(): Promise<number> {
    const tallies = await Promise.all(this.users.map((each) => each.stop()));
    this.users = [];
    return tallies.reduce((sum, { total }) => sum + total, 0);
  }

  /** Whether within this time it is decided, at 100/0 and with the canary at 0. */
  restsWithin(milliseconds: number): Promise<boolean> {
    return this.observer.until(
      ({ phase, weight, primaryWeight, canaryReplicas }) =>
        settled.has(phase) && weight === 0 && primaryWeight === 100 && canaryReplicas === 0,
      milliseconds,
    );
  }

  /** What should be gone and isn't, after at most `milliseconds`. */
  async leftovers(updates: readonly Update[], milliseconds: number): Promise<readonly string[]> {
    const deadline = performance.now() + milliseconds;
    for (;;) {
      const left = await this.lookForLeftovers(updates).catch((error: unknown) => [String(error)]);
      if (left.length === 0 || performance.now() > deadline) return left;
      await pause(pollMs);
    }
  }

  private async lookForLeftovers(updates: readonly Update[]): Promise<readonly string[]> {
    const [pods, holder, whole] = await Promise.all([
      this.cluster.canaryPods(this.release),
      this.cluster.leaseHolder(this.release),
      this.cluster.primaryIsWhole(this.release),
    ]);
    const processes = updates.flatMap(({ orphans }) => orphans.map(({ argv }) => argv.slice(0, 3).join(" ")));
    return [
      ...processes.map((process) => `process ${process}`),
      ...pods.map((pod) => `pod ${pod}`),
      ...(holder === "" ? [] : [`lease held by ${holder}`]),
      ...(whole ? [] : ["the primary's rollout is not complete"]),
    ];
  }

  /** A healthy revision after whatever happened; a sentence where it was not promoted. */
  async nextUpdate(): Promise<string | undefined> {
    const next = this.up({ failing: false });
    if (!(await next.endsWithin(updateMs))) {
      next.signalEverything("SIGKILL");
      return `pulumi up did not end within ${updateMs / 1000}s: ${tail(next.output)}`;
    }
    const code = next.exit?.code;
    if (code !== 0) return `pulumi up exited ${code}: ${tail(next.output)}`;
    const { phase, primaryImage } = this.observer.now;
    const right = phase === "Succeeded" && primaryImage === `sandbox/faulty:${this.tag}`;
    return right ? undefined : `ended ${phase} with ${primaryImage} on the primary`;
  }

  async close(): Promise<void> {
    this.observer.stop();
    await this.project.cancel();
    const { code } = await this.project.destroy(this.asked);
    if (code !== 0) await this.cluster.deleteNamespace(this.namespace);
  }
}

const settled: ReadonlySet<string> = new Set(["Initialized", "Succeeded", "Failed"]);
const tailLength = 600;

/** The end of what a command printed, in one line. */
export function tail(output: string): string {
  return output.replace(/\s*\n\s*/g, " ⏎ ").slice(-tailLength);
}
