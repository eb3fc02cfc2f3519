import { setTimeout as pause } from "node:timers/promises";
import { healthyPromoted } from "./contract.js";
import type { Case, CaseResult } from "./contract.js";
import { findingsOf, trainFindings } from "./evidence.js";
import type { Evidence, Finding } from "./evidence.js";
import { faultNamed } from "./catalogue.js";
import type { FaultEffect } from "./catalogue.js";
import type { Hooks } from "./hooks.js";
import { tail } from "./lane.js";
import type { Lane } from "./lane.js";
import type { Change } from "./observer.js";
import { describeMoment, storyOf } from "./plan.js";
import { isAt } from "./points.js";
import { strategyNamed } from "./strategies.js";
import type { Update } from "../../project/index.js";

/** Within this time a release gets to every point of its own, also on a machine that has other things to do. */
const pointMs = 120_000;
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

/** One release or train under traffic, one fault, and everything that must hold afterwards. */
export async function runCase(lane: Lane, each: Case, hooks: Hooks): Promise<CaseResult> {
  const started = performance.now();
  const seen = lane.members.map((member) => ({ ...member, changes: member.observer.sinceNow() }));
  lane.startUsers();
  const { program, usesHooks, isWeather } = faultNamed(each.fault);
  const update = lane.up({
    failing: each.failing,
    ...program?.(each.moment.kind === "point" ? each.moment.point : undefined),
    ...(usesHooks === true ? { hooksUrl: hooks.urlOf(lane.namespace) } : {}),
  });
  const canaryTag = lane.tag;
  const happened = await strike(lane, each, hooks, update);
  const passed = isWeather === true && !each.failing ? notPromoted(lane, update) : [];
  const before = seen.map(({ changes }) => [...changes()]);
  const nextUpdateAtMs = Date.now();
  const next = await tryNext(lane, update);
  const requests = await lane.stopUsers();
  const own = seen.map(({ release, changes }, index) =>
    findingsOf({
      ...evidenceOf(lane, happened, release.name, each.failing && index === seen.length - 1 ? canaryTag : ""),
      changes: changes(),
      nextUpdateAtMs,
    }),
  );
  const findings = [...happened.findings, ...passed, ...next, ...own.flat(), ...trainFindings(before)];
  const point = describeMoment(each);
  const story = storyOf(each);
  return {
    fault: each.fault,
    story,
    point,
    failing: each.failing,
    requests,
    secondsToRest: happened.secondsToRest,
    seconds: (performance.now() - started) / 1000,
    violations: findings.map((found) => ({ fault: each.fault, story, point, ...found })),
  };
}

/** What was seen of one release beside its changes; of a train, the fault struck all. */
function evidenceOf(
  { crowds, failures, release: main, strategy }: Lane,
  { effect, struckAtMs }: Happened,
  release: string,
  failingVersion: string,
): Omit<Evidence, "changes" | "nextUpdateAtMs"> {
  return {
    failures: failures.filter((failure) => (failure.release ?? main.name) === release),
    failingVersion,
    planned: strategyNamed(strategy).planned,
    meetings: crowds.meetings(release, failingVersion),
    handMade: effect.handMade ?? [],
    unplannedHandMs: effect.unplannedHand === true ? struckAtMs : undefined,
    anotherUpdate: effect.anotherUpdate ?? false,
    canaryGoneAtMs: effect.canaryGone === true ? struckAtMs : undefined,
    gatewayGoneAtMs: effect.gatewayGone === true ? struckAtMs : undefined,
  };
}

/** What passes by itself is no reason to take a healthy release back. */
function notPromoted(lane: Lane, { exit, output }: Update): readonly Finding[] {
  const promoted = exit?.code === 0 && lane.isPromoted;
  return promoted ? [] : [{ invariant: healthyPromoted, detail: `${lane.describe()}: ${tail(output)}` }];
}

async function strike(lane: Lane, each: Case, hooks: Hooks, update: Update): Promise<Happened> {
  const fault = faultNamed(each.fault);
  const { release, observer, cluster } = lane;
  const others: Update[] = [];
  const startSecond = (): Update => {
    const second = lane.upElsewhere();
    others.push(second);
    return second;
  };
  const changes = observer.sinceNow();
  const missed = await untilMoment(lane, each, update, changes);
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
  const unexpected = effect.expectation?.(changes());
  return {
    effect,
    struckAtMs,
    secondsToRest,
    findings: [
      ...finding("ends as it should", missed),
      ...finding("ends as it should", ended ? undefined : `pulumi up did not end within ${updateMs / 1000}s`),
      ...finding("ends as it should", unexpected),
      ...finding("at rest within 90s", rests ? undefined : lane.describe()),
      ...left.map((what): Finding => ({ invariant: "nothing left behind", detail: what })),
    ],
  };
}

function finding(invariant: Finding["invariant"], detail: string | undefined): readonly Finding[] {
  return detail === undefined ? [] : [{ invariant, detail }];
}

/** Waits for the case's moment; a sentence where its point was never reached. */
async function untilMoment(
  lane: Lane,
  { moment }: Case,
  update: Update,
  changes: () => readonly Change[],
): Promise<string | undefined> {
  if (moment.kind === "after") {
    await pause(moment.milliseconds);
    return undefined;
  }
  const { observer } = lane;
  const highest = (): number => Math.max(...changes().map(({ weight }, index) => (index === 0 ? 0 : weight)), 0);
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
  const stranded = rests ? await lane.crowds.strandedFrom(lane.tag) : undefined;
  if (stranded !== undefined)
    return finding("the next update works", `at rest with ${lane.tag} everywhere, and ${stranded}`);
  return finding("at rest within 90s", rests ? undefined : `after the next update: ${lane.describe()}`);
}
