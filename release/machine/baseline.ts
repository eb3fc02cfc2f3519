import type { Workload } from "../ports/index.js";
import { TransientError } from "../ports/index.js";
import { hasBaseline, isEverCompared, leavesPrimaryUsers } from "../strategy/index.js";
import type { Split, Stage } from "../strategy/index.js";
import { baselineName, retireBaseline } from "./baseline-pods.js";
import { heedAbort } from "./commands.js";
import { fullPatience } from "./drain.js";
import { NotReady } from "./not-ready.js";
import { readinessOf } from "./readiness.js";
import type { Run } from "./run.js";
import { nowAndThen, poll } from "./waiting.js";

const pollMs = 500;
/** The canary is ready and waits: pods of a revision whose image is there already get so long. */
const longestWaitSeconds = 60;

/**
 * Fresh pods of the old revision, as many as the canary's and as young, that serve ordinary users beside the primary's:
 * what caches, connection pools and just-in-time compilers do to young pods is then in both of what is compared. They only
 * refine a comparison, so that a run goes on without them, compared with the primary as ever.
 */
export class Baseline {
  private last: readonly string[] = [];
  private readonly say: (sentence: string) => void;

  private constructor(
    private readonly run: Run,
    private readonly revision: string,
    private replicas: number,
  ) {
    this.say = nowAndThen(run.ports, (sentence) => run.announce("warning", sentence));
  }

  /**
   * After the canary is up, whose place on the nodes it must not take. Undefined where nothing of the plan is compared,
   * and where there are no such pods to be had: that is said, and no reason to hold a release.
   */
  static async raise(run: Run, plan: readonly Stage[], canaryReplicas: number): Promise<Baseline | undefined> {
    const { analysis } = run.settings;
    const { baseline: asked } = analysis;
    if (!hasBaseline(analysis) || !isEverCompared(plan)) return undefined;
    const revision = await oldRevision(run);
    if (revision === undefined) return undefined;
    const replicas = typeof asked === "object" ? asked.replicas : canaryReplicas;
    const baseline = new Baseline(run, revision, replicas);
    run.announce("info", `Scaling up ${baseline.label}: ${podsText(replicas)} of revision ${revision} to compare with`);
    await baseline.scale(replicas);
    return (await baseline.isReady()) ? baseline : undefined;
  }

  /** With other pods of the canary other ones of its own, where it was to have as many and is compared at all. */
  async follow(canaryReplicas: number, split: Split): Promise<void> {
    const isFixed = typeof this.run.settings.analysis.baseline === "object";
    if (!isFixed && leavesPrimaryUsers(split) && canaryReplicas !== this.replicas) await this.scale(canaryReplicas);
  }

  /** Addresses to compare with; none while no pod of it is ready. */
  async nodes(): Promise<readonly string[]> {
    const { run, revision } = this;
    try {
      const { nodes, ready } = await run.ports.cluster.readRevisionNodes("baseline", revision, run.signal);
      if (ready === 0) this.say(`${this.label} has no ready pod: the canary is compared with the primary meanwhile`);
      this.last = ready === 0 ? [] : nodes;
    } catch (error) {
      run.signal.throwIfAborted();
      if (!(error instanceof TransientError)) throw error;
    }
    return this.last;
  }

  private get label(): string {
    return `${baselineName(this.run)}.${this.run.settings.namespace}`;
  }

  /** Journal first: whoever goes on for this run knows what to take away. */
  private async scale(replicas: number): Promise<void> {
    this.replicas = replicas;
    await this.run.journal({ baseline: { replicas, revision: this.revision } });
    await this.run.scaleBaseline(replicas);
  }

  private async isReady(): Promise<boolean> {
    const { run, replicas, revision } = this;
    const { progressDeadline, analysis } = run.settings;
    const { cluster } = run.ports;
    const forSeconds = Math.min(progressDeadline, longestWaitSeconds);
    const waiting = new NotReady(run, "baseline", this.label, revision);
    const last = { message: "it is gone" };
    const ready = await poll(run, { everyMs: pollMs, forMs: forSeconds * 1000 }, async () => {
      const [object, baseline] = await run.persist(() =>
        Promise.all([cluster.readRelease(run.signal), cluster.readWorkload("baseline", run.signal)]),
      );
      heedAbort(run, object);
      if (baseline === undefined) return undefined;
      const readiness = readinessOf(baseline, replicas, analysis.canaryReadyThreshold);
      if (readiness.kind === "ready") return true;
      last.message = readiness.message;
      return undefined;
    });
    if (ready !== undefined) return true;
    const why = await waiting.sentence(last.message);
    run.announce("warning", `${why} (after ${forSeconds}s): the canary is compared with the primary instead`);
    await retireBaseline(run, fullPatience(run));
    return false;
  }
}

/** Of the baseline's template, which must be the primary's; undefined, and said, where it isn't. */
async function oldRevision(run: Run): Promise<string | undefined> {
  const { cluster } = run.ports;
  const [baseline, primary] = await run.persist(() =>
    Promise.all([cluster.readWorkload("baseline", run.signal), cluster.readWorkload("primary", run.signal)]),
  );
  const why = whyNot(baseline, primary);
  if (why === undefined) return baseline?.revision;
  run.announce(
    "warning",
    `${baselineName(run)}.${run.settings.namespace} ${why}: the canary is compared with the primary`,
  );
  return undefined;
}

function whyNot(baseline: Workload | undefined, primary: Workload | undefined): string | undefined {
  if (baseline === undefined) return "is not there: an update makes it at its end";
  if (baseline.owner === "foreign") return "is not this release's";
  if (baseline.revision === undefined || baseline.revision !== primary?.revision)
    return `carries revision ${baseline.revision ?? "none"} and the primary ${primary?.revision ?? "none"}`;
  return undefined;
}

function podsText(count: number): string {
  return count === 1 ? "1 pod" : `${count} pods`;
}
