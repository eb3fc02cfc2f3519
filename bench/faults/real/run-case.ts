import { setTimeout as pause } from "node:timers/promises";
import type { Case, CaseResult } from "./contract.js";
import { findingsOf } from "./evidence.js";
import type { Finding } from "./evidence.js";
import { faultNamed } from "./catalogue.js";
import type { FaultEffect } from "./catalogue.js";
import type { Hooks } from "./hooks.js";
import { tail } from "./lane.js";
import type { Lane } from "./lane.js";
import { describeMoment } from "./plan.js";
import { isAt } from "./points.js";
import type { Update } from "../../project/index.js";

/** Within this time a release gets to every point of its own. */
const pointMs = 60_000;
/** An update that lives on ends by itself within this time. */
const updateMs = 120_000;
const restMs = 90_000;
/** Pods serve on for a while after their end was asked for; at least as long is waited for them. */
const leftoverMs = 30_000;

interface Happened {
  readonly effect: FaultEffect;
  readonly struckAtMs: number;
  readonly findings: readonly Finding[];
  readonly secondsToRest: number | undefined;
}

/** One release under traffic, one fault, and everything that must hold afterwards. */
export async function runCase(lane: Lane, each: Case, hooks: Hooks): Promise<CaseResult> {
  const started = performance.now();
  const firstChange = Math.max(0, lane.observer.changes.length - 1);
  lane.startUsers();
  const { deadlineSeconds, usesHooks } = faultNamed(each.fault);
  const update = lane.up({
    failing: each.failing,
    ...(deadlineSeconds === undefined ? {} : { deadlineSeconds }),
    ...(usesHooks === true ? { hooksUrl: hooks.urlOf(lane.namespace) } : {}),
  });
  const canaryTag = lane.tag;
  const happened = await strike(lane, each, hooks, update, firstChange);
  const nextUpdateAtMs = Date.now();
  const next = await tryNext(lane, update);
  const requests = await lane.stopUsers();
  const findings = [
    ...happened.findings,
    ...next,
    ...findingsOf({
      changes: lane.observer.changes.slice(firstChange),
      failures: lane.failures,
      failingVersion: each.failing ? canaryTag : "",
      handMade: happened.effect.handMade ?? [],
      unplannedHandMs: happened.effect.unplannedHand === true ? happened.struckAtMs : undefined,
      anotherUpdate: happened.effect.anotherUpdate ?? false,
      canaryGoneAtMs: happened.effect.canaryGone === true ? happened.struckAtMs : undefined,
      nextUpdateAtMs,
    }),
  ];
  const point = describeMoment(each);
  return {
    fault: each.fault,
    point,
    failing: each.failing,
    requests,
    secondsToRest: happened.secondsToRest,
    seconds: (performance.now() - started) / 1000,
    violations: findings.map((finding) => ({ fault: each.fault, point, ...finding })),
  };
}

async function strike(lane: Lane, each: Case, hooks: Hooks, update: Update, firstChange: number): Promise<Happened> {
  const fault = faultNamed(each.fault);
  const { release, observer, cluster } = lane;
  const others: Update[] = [];
  const startSecond = (): Update => {
    const second = lane.upElsewhere();
    others.push(second);
    return second;
  };
  const missed = await untilMoment(lane, each, update, firstChange);
  const point = each.moment.kind === "point" ? each.moment.point : undefined;
  const struckAtMs = Date.now();
  const effect = await fault.strike({ update, release, observer, cluster, hooks, point, startSecond });
  const overAt = performance.now();
  const ended = await update.endsWithin(updateMs);
  if (!ended) update.signalEverything("SIGKILL");
  const rests = await lane.restsWithin(restMs);
  const secondsToRest = rests ? (performance.now() - overAt) / 1000 : undefined;
  const leftMs = Math.max(leftoverMs, restMs - (performance.now() - overAt));
  const left = await lane.leftovers([update, ...others], leftMs);
  for (const started of [update, ...others]) started.signalEverything("SIGKILL");
  const unexpected = effect.expectation?.(observer.changes.slice(firstChange));
  return {
    effect,
    struckAtMs,
    secondsToRest,
    findings: [
      ...finding("ends as it should", missed),
      ...finding("ends as it should", ended ? undefined : `pulumi up did not end within ${updateMs / 1000}s`),
      ...finding("ends as it should", unexpected),
      ...finding("at rest within 90s", rests ? undefined : describeNow(lane)),
      ...left.map((what): Finding => ({ invariant: "nothing left behind", detail: what })),
    ],
  };
}

function finding(invariant: Finding["invariant"], detail: string | undefined): readonly Finding[] {
  return detail === undefined ? [] : [{ invariant, detail }];
}

function describeNow({ observer }: Lane): string {
  const { phase, message, weight, primaryWeight, canaryReplicas } = observer.now;
  return `${phase} at ${primaryWeight}/${weight} with ${canaryReplicas} canary pods: ${message}`;
}

/** Waits for the case's moment; a sentence where its point was never reached. */
async function untilMoment(lane: Lane, { moment }: Case, update: Update, first: number): Promise<string | undefined> {
  if (moment.kind === "after") {
    await pause(moment.milliseconds);
    return undefined;
  }
  const { observer } = lane;
  const highest = (): number => Math.max(...observer.changes.slice(first + 1).map(({ weight }) => weight), 0);
  const reached = observer.until((view) => isAt(moment.point, view, highest()), pointMs);
  const ended = update.exited.then(() => false);
  if (await Promise.race([reached, ended])) return undefined;
  return `${moment.point} was never reached: ${tail(update.output)}`;
}

/** After a SIGKILL of the engine its lock on the state is still there: documented, `pulumi cancel`. */
async function tryNext(lane: Lane, update: Update): Promise<readonly Finding[]> {
  if (update.exit === undefined || update.exit.code < 0) await lane.project.cancel();
  const trouble = await lane.nextUpdate();
  if (trouble !== undefined) return [{ invariant: "the next update works", detail: trouble }];
  const rests = await lane.restsWithin(restMs);
  return finding("at rest within 90s", rests ? undefined : `after the next update: ${describeNow(lane)}`);
}
