import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Cluster, ReleaseName } from "./cluster.js";
import { Crowds } from "./crowds.js";
import type { Failure } from "./evidence.js";
import { Observer } from "./observer.js";
import type { ReleaseView } from "./observer.js";
import { Project } from "../../project/index.js";
import type { ReleaseProgramSettings } from "./release-settings.js";
import { hostOf, strategyNamed } from "./strategies.js";
import type { StrategyName } from "./strategies.js";
import type { Update } from "../../project/index.js";

/** Of each crowd. */
const requestsPerSecond = 20;
const updateMs = 180_000;
const firstMs = 5_000;
const pollMs = 200;

type Asked = Pick<ReleaseProgramSettings, "failing"> &
  Partial<Pick<ReleaseProgramSettings, "deadlineSeconds" | "intervalSeconds" | "hooksUrl">>;

/** One release of a lane. */
export interface Member {
  readonly release: ReleaseName;
  readonly observer: Observer;
}

/** One release, or one train, with its project and its users; cases follow each other on it. */
export class Lane {
  readonly members: readonly Member[];
  crowds: Crowds;
  private version = 0;
  private asked: ReleaseProgramSettings;

  private constructor(
    readonly namespace: string,
    readonly strategy: StrategyName,
    readonly project: Project,
    readonly cluster: Cluster,
  ) {
    this.members = strategyNamed(strategy).members.map((name) => ({
      release: { namespace, name },
      observer: new Observer(cluster.config, namespace, name),
    }));
    this.asked = this.settings({ failing: false });
    this.crowds = new Crowds([]);
  }

  /** Fresh releases with their first revision. Throws where that fails. */
  static async open(namespace: string, cluster: Cluster, strategy: StrategyName = "weights"): Promise<Lane> {
    const lane = new Lane(
      namespace,
      strategy,
      await Project.create(namespace, path.join(__dirname, "release-program.js")),
      cluster,
    );
    const first = lane.up({ failing: false });
    const { code } = await first.exited;
    const initialized = await lane.everyone(({ observer }) =>
      observer.until(({ phase }) => phase === "Initialized", firstMs),
    );
    if (code !== 0 || !initialized)
      throw new Error(`${namespace}: the first revision could not be deployed: ${tail(first.output)}`);
    return lane;
  }

  /** The first release, which faults strike. */
  get release(): ReleaseName {
    return this.main.release;
  }

  get observer(): Observer {
    return this.main.observer;
  }

  private get main(): Member {
    const [main] = this.members;
    if (main === undefined) throw new Error(`${this.strategy} has no release`);
    return main;
  }

  /** Image tag of the newest revision. */
  get tag(): string {
    return this.asked.tag;
  }

  /** Of the present users. */
  get failures(): readonly Failure[] {
    return this.crowds.failures;
  }

  private get host(): string {
    return `${this.namespace}.example.com`;
  }

  private settings(asked: Asked): ReleaseProgramSettings {
    const { namespace, strategy, host } = this;
    return { namespace, strategy, host, tag: `1.0.${this.version}`, ...asked };
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
    const strategy = strategyNamed(this.strategy);
    this.crowds = new Crowds(
      this.members.flatMap(({ release: { name } }) =>
        strategy.crowds.map((crowd) => ({
          ...{ crowd, perSecond, release: name, host: hostOf(this.host, strategy, name) },
        })),
      ),
    );
  }

  /** Number of their requests. */
  stopUsers(): Promise<number> {
    return this.crowds.stop();
  }

  /** Whether within this time all is decided, every rule rests, and the canaries are at 0. */
  restsWithin(milliseconds: number): Promise<boolean> {
    return this.everyone(({ observer }) =>
      observer.until(
        ({ phase, weight, primaryWeight, unrest, canaryReplicas }) =>
          settled.has(phase) && weight === 0 && primaryWeight === 100 && unrest === "" && canaryReplicas === 0,
        milliseconds,
      ),
    );
  }

  private async everyone(holds: (member: Member) => Promise<boolean>): Promise<boolean> {
    return (await Promise.all(this.members.map(holds))).every(Boolean);
  }

  /** Whether all releases serve the newest revision. */
  get isPromoted(): boolean {
    return this.members.every(({ observer }) => {
      const { phase, primaryImage } = observer.now;
      return phase === "Succeeded" && primaryImage === `sandbox/faulty:${this.tag}`;
    });
  }

  /** How the releases are now, for messages. */
  describe(): string {
    return this.members.map(({ release, observer }) => `${release.name}: ${describeView(observer.now)}`).join("; ");
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
    const left = await Promise.all(this.members.map(({ release }) => this.leftoversOf(release)));
    const processes = updates.flatMap(({ orphans }) => orphans.map(({ argv }) => argv.slice(0, 3).join(" ")));
    return [...processes.map((process) => `process ${process}`), ...left.flat()];
  }

  private async leftoversOf(release: ReleaseName): Promise<readonly string[]> {
    const [pods, holder, whole] = await Promise.all([
      this.cluster.canaryPods(release),
      this.cluster.leaseHolder(release),
      this.cluster.primaryIsWhole(release),
    ]);
    return [
      ...pods.map((pod) => `pod ${pod}`),
      ...(holder === "" ? [] : [`lease held by ${holder}`]),
      ...(whole ? [] : [`the rollout of ${release.name}'s primary is not complete`]),
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
    return this.isPromoted ? undefined : `${this.tag} is not what all serve: ${this.describe()}`;
  }

  async close(): Promise<void> {
    this.members.forEach(({ observer }) => observer.stop());
    await this.project.cancel();
    const { code } = await this.project.destroy(this.asked);
    if (code !== 0) await this.cluster.deleteNamespace(this.namespace);
  }
}

const settled: ReadonlySet<string> = new Set(["Initialized", "Succeeded", "Failed"]);
function describeView({ phase, message, split, unrest, canaryReplicas, primaryImage }: ReleaseView): string {
  const rules = unrest === "" ? "every rule rests" : unrest;
  return `${phase} at ${split} (${rules}) with ${canaryReplicas} canary pods, ${primaryImage} on the primary: ${message}`;
}

const tailLength = 600;

/** The end of what a command printed, in one line. */
export function tail(output: string): string {
  return output.replace(/\s*\n\s*/g, " ⏎ ").slice(-tailLength);
}
