import {
  needsAnalysis,
  needsPromotion,
  runAnalysis,
  runPreparation,
  runPromotion,
  RunRegistry,
} from "../release/machine/index.js";
import type { Outcome, Ports } from "../release/machine/index.js";
import type { ReleaseSettings } from "../release/settings/index.js";
import { hasBaseline, ownRulesOf } from "../release/strategy/index.js";
import { portsOf } from "./ports.js";
import type { Process } from "./process.js";
import type { World } from "./world.js";

export type UpResult =
  | { readonly kind: "succeeded"; readonly analysis: Outcome["kind"] | "unchanged" }
  | { readonly kind: "failed"; readonly message: string };

type Part = (settings: ReleaseSettings, ports: Ports, signal: AbortSignal) => Promise<Outcome>;

/** Pulumi's side: the resources of a release in their order, and a state that only holds what succeeded. */
export class Engine {
  /** Logical resource to the revision that it was last made with. */
  readonly state = new Map<string, string>();
  /** Revisions that the engine put on the primary, with what the analysis said. */
  readonly promotions: { readonly revision: string; readonly analysis: Outcome["kind"] | "unchanged" }[] = [];

  /** What it created, as its state holds it: nothing before the first update. */
  created: Pick<ReleaseSettings, "releaseUid" | "routeUid"> | undefined;

  /** The update ends there, as it does when another resource of the same program fails. */
  stopAfter: "analysis" | undefined;

  constructor(private readonly world: World) {}

  /** The same stack on another machine, as it is now. */
  copy(): Engine {
    const other = new Engine(this.world);
    this.state.forEach((revision, resource) => other.state.set(resource, revision));
    other.created = this.created;
    return other;
  }

  /** One `pulumi up` in one process. */
  async up(program: ReleaseSettings, process: Process, registry = new RunRegistry()): Promise<UpResult> {
    const ports = portsOf(this.world, process);
    const { object, route } = this.world;
    this.created ??= {
      ...(object === undefined ? {} : { releaseUid: object.uid }),
      ...(route === undefined ? {} : { routeUid: route.uid }),
    };
    const settings = { ...program, ...this.created };
    const { revision } = settings;
    this.world.gateway.rules = ownRulesOf(settings.analysis);
    const run = (part: Part): Promise<Outcome> =>
      registry.watch(settings, ports, (signal) => part(settings, ports, signal));
    try {
      await this.resource("preparation", revision, () => run(runPreparation));
      await this.resource("canary", revision, () => this.world.applyCanary(revision));
      const judge = this.isNew("analysis", revision) || (await needsAnalysis(settings, ports, never));
      const analysis = judge ? (await run(runAnalysis)).kind : "unchanged";
      this.state.set("analysis", revision);
      await process.awake();
      if (this.stopAfter === "analysis") return { kind: "failed", message: "stopped" };
      await this.resource("primary", revision, () => this.promote(revision, analysis));
      if (hasBaseline(settings.analysis))
        await this.resource("baseline", revision, () => this.world.applyBaseline(revision));
      if (!this.isNew("promotion", revision) && (await needsPromotion(settings, ports, never))) await run(runPromotion);
      await this.resource("promotion", revision, () => run(runPromotion));
      return { kind: "succeeded", analysis };
    } catch (error) {
      return { kind: "failed", message: error instanceof Error ? error.message : String(error) };
    }
  }

  private isNew(resource: string, revision: string): boolean {
    return this.state.get(resource) !== revision;
  }

  private async resource(name: string, revision: string, make: () => unknown): Promise<void> {
    if (!this.isNew(name, revision)) return;
    await make();
    this.state.set(name, revision);
  }

  private promote(revision: string, analysis: Outcome["kind"] | "unchanged"): void {
    this.promotions.push({ revision, analysis });
    this.world.applyPrimary(revision);
  }
}

const never = new AbortController().signal;
