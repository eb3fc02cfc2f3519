import type { Case, CaseResult } from "./contract.js";
import type { Cluster } from "./cluster.js";
import { faultNamed } from "./catalogue.js";
import type { Hooks } from "./hooks.js";
import { Lane } from "./lane.js";
import { describeMoment, storyOf } from "./plan.js";
import { runCase } from "./run-case.js";
import type { StrategyName } from "./strategies.js";

export interface Stage {
  readonly cluster: Cluster;
  readonly hooks: Hooks;
  readonly tell: (line: string) => void;
}

/** Runs all cases: those that strike one release side by side in lanes, those that strike everybody alone. */
export async function runCases(cases: readonly Case[], lanes: number, stage: Stage): Promise<readonly CaseResult[]> {
  const strikesAll = ({ fault }: Case): boolean => faultNamed(fault).strikes === "everybody";
  const local = cases.filter((each) => !strikesAll(each));
  const alone = cases.filter(strikesAll);
  const count = Math.min(lanes, local.length);
  // All lanes draw from one queue, so that none waits for another.
  const queue = new Queue(local);
  const results = await Promise.all(
    Array.from({ length: count }, (_, index) => runQueue(queue, `faults-${index + 1}`, stage)),
  );
  return [...results.flat(), ...(await runQueue(new Queue(alone), "faults-alone", stage))];
}

async function runQueue(queue: Queue, name: string, stage: Stage): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  let lane: Lane | undefined;
  let opened = 0;
  for (;;) {
    const each = queue.next(lane?.strategy);
    if (each === undefined) break;
    const strategy = strategyIn(each);
    try {
      if (lane?.strategy !== strategy) lane = await closed(lane);
      if (lane === undefined) opened += 1;
      lane ??= await Lane.open(`${name}-${opened}`, stage.cluster, strategy);
      const result = await runCase(lane, each, stage.hooks);
      results.push(result);
      stage.tell(describeResult(result));
      // What a case has broken must not be counted against the next one.
      if (result.violations.length > 0) lane = await closed(lane);
    } catch (error) {
      const result = crashed(each, error);
      results.push(result);
      stage.tell(describeResult(result));
      lane = await closed(lane);
    }
    await faultNamed(each.fault).restore?.(stage.cluster);
  }
  await closed(lane);
  return results;
}

/** Cases that wait. A lane stays with its strategy as long as there are cases of it, for its releases are there. */
class Queue {
  private readonly waiting = new Map<StrategyName, readonly Case[]>();
  private readonly begun = new Set<StrategyName>();

  constructor(cases: readonly Case[]) {
    for (const each of cases) this.waiting.set(strategyIn(each), [...this.of(strategyIn(each)), each]);
  }

  next(current: StrategyName | undefined): Case | undefined {
    const names = [...this.waiting.keys()].filter((name) => this.of(name).length > 0);
    const fresh = names.find((name) => !this.begun.has(name));
    const name = names.find((each) => each === current) ?? fresh ?? names[0];
    if (name === undefined) return undefined;
    this.begun.add(name);
    const [first, ...rest] = this.of(name);
    this.waiting.set(name, rest);
    return first;
  }

  private of(name: StrategyName): readonly Case[] {
    return this.waiting.get(name) ?? [];
  }
}

function strategyIn({ strategy = "weights" }: Case): StrategyName {
  return strategy;
}

async function closed(lane: Lane | undefined): Promise<undefined> {
  await lane?.stopUsers();
  await lane?.close().catch(() => undefined);
  return undefined;
}

/** A case that could not be run to its end proves nothing: it counts as a violation. */
function crashed(each: Case, error: unknown): CaseResult {
  const { fault, failing } = each;
  const place = { fault, story: storyOf(each), point: describeMoment(each) };
  const detail = error instanceof Error ? error.message : String(error);
  const violation = { ...place, invariant: "ends as it should", detail } as const;
  return { ...place, failing, requests: 0, secondsToRest: undefined, seconds: 0, violations: [violation] };
}

function describeResult({
  fault,
  story,
  point,
  failing,
  secondsToRest,
  seconds,
  violations,
  requests,
}: CaseResult): string {
  const rest = secondsToRest === undefined ? "not at rest" : `at rest after ${secondsToRest.toFixed(1)}s`;
  const canary = failing ? "failing canary" : "healthy canary";
  const head = `${violations.length === 0 ? "ok  " : "BAD "} ${story}: ${fault} @ ${point} (${canary}): ${rest}, ${requests} requests, ${seconds.toFixed(0)}s in all`;
  return [head, ...violations.map(({ invariant, detail }) => `       ${invariant}: ${detail}`)].join("\n");
}
