import { decideAdoption, decideHandBack } from "../adoption/index.js";
import type { AdoptionKind, AdoptionStep, HandBackStep } from "../adoption/index.js";
import type { AdoptionPort, Holding, Piece } from "../ports/index.js";
import type { ReleaseSettings } from "../settings/index.js";
import { abortSentence } from "./commands.js";
import { fullPatience } from "./drain.js";
import { ReleaseFailed } from "./failure.js";
import { withLock } from "./lock.js";
import type { Ports } from "./ports.js";
import { promotedNow } from "./promoted.js";
import { settled } from "./promotion.js";
import { readinessOf } from "./readiness.js";
import type { Run } from "./run.js";
import { routeAllToPrimary } from "./traffic.js";
import { nowAndThen, poll } from "./waiting.js";

export interface AdoptionPorts extends Ports {
  readonly adoption: AdoptionPort;
}

type AdoptionRun = Run<ReleaseSettings, AdoptionPorts>;

const pollMs = 500;
/** A tick of Flagger's that began before it was halted is over by then. */
const flaggerTickMs = 5_000;
const unfinished = "the takeover from Flagger is not finished: run the update again, then destroy; nothing was changed";
/** A takeover has some ten steps; one that goes round in circles is told. */
const mostSteps = 100;

export interface Adopted {
  /** Whether anything was left to be done. */
  readonly kind: "adopted" | "nothingToDo";
}

/**
 * Takes over what runs already, without a moment in which users find no pods: a primary is made of it and gets ready,
 * the Services are switched, and what was there is scaled down when nobody asks it any more. Whatever dies on the way,
 * the next run goes on from there. Throws ReleaseFailed.
 */
export function runAdoption(
  settings: ReleaseSettings,
  ports: AdoptionPorts,
  kind: AdoptionKind,
  signal: AbortSignal,
): Promise<Adopted> {
  return withLock(settings, ports, signal, (run) => adopt(run, kind), { takesOver: true });
}

async function adopt(run: AdoptionRun, kind: AdoptionKind): Promise<Adopted> {
  const { adoption } = run.ports;
  for (let steps = 0; steps < mostSteps; steps += 1) {
    const holdings = await run.persist(() => adoption.read(run.signal));
    const step = decideAdoption(kind, holdings, isReady);
    if (step.kind === "done" && steps === 0) return { kind: "nothingToDo" };
    if (steps === 0) await begin(run, kind);
    // Before the mark, which says that everything is done.
    if (step.kind === "take" || step.kind === "done") await settle(run);
    if (step.kind === "done") return { kind: "adopted" };
    await heed(run);
    await perform(run, step);
  }
  throw failed(run, "does not come to its end: is somebody else changing its objects?");
}

async function begin(run: AdoptionRun, kind: AdoptionKind): Promise<void> {
  const { name } = run.settings;
  const from = kind === "flagger" ? `from Flagger` : "";
  const message = `taking over Deployment ${name} ${from}`.trimEnd();
  run.announce("info", `${run.label}: ${message}`);
  await run.journal({ phase: "Initializing", message });
}

/** What users have from now on is what the next revision is compared with. */
async function settle(run: AdoptionRun): Promise<void> {
  const { name } = run.settings;
  const primary = await run.persist(() => run.ports.cluster.readWorkload("primary", run.signal));
  const revision = primary?.revision;
  const { phase, promotedRevision } = run.status;
  if (revision === undefined || (promotedRevision === revision && phase === "Initialized")) return;
  const message = `taken over from Deployment ${name}`;
  const promoted = { ...(await promotedNow(run, "initialized", message)), revision };
  await run.journal({ ...settled(run), phase: "Initialized", revision, promotedRevision: revision, promoted, message });
  run.announce("info", `${run.label}: Deployment ${name} is taken over, its users are with ${name}-primary`);
}

/** People are heard between the steps: each of them leaves users with ready pods. */
async function heed(run: AdoptionRun): Promise<void> {
  const object = await run.persist(() => run.ports.cluster.readRelease(run.signal));
  const aborted = abortSentence(object);
  if (aborted === undefined) return;
  await run.persist(() => run.ports.cluster.clearCommand("abort", run.signal));
  throw failed(run, `${aborted}; users are where they were, and the next update goes on from there`);
}

async function perform(run: AdoptionRun, step: Exclude<AdoptionStep, { kind: "done" }>): Promise<void> {
  const { adoption } = run.ports;
  switch (step.kind) {
    case "refuse":
      throw failed(run, `${step.why}; nothing was changed`);
    case "haltFlagger":
      await run.persist(() => adoption.haltFlagger(run.signal));
      return run.sleep(flaggerTickMs);
    case "freeFromFlagger":
      return run.persist(() => adoption.freeFromFlagger(run.signal));
    case "dismissFlagger":
      return run.persist(() => adoption.dismissFlagger(run.signal));
    case "raise":
      return run.persist(() => adoption.raise(step.piece, step.from, run.signal));
    case "await":
      return untilReady(run, step.piece);
    case "makeServices":
      return run.persist(() => adoption.makeServices(run.signal));
    case "point":
      return point(run, step.service, step.piece);
    case "retire":
      return retire(run, step.piece);
    case "take":
      return run.persist(() => adoption.take(run.signal));
  }
}

/**
 * Gives back what a release has: its Deployment serves alone again, with what the primary has, and everything of the
 * release goes. Throws ReleaseFailed.
 */
export function runHandBack(settings: ReleaseSettings, ports: AdoptionPorts, signal: AbortSignal): Promise<void> {
  return withLock(settings, ports, signal, handBack, { takesOver: true });
}

/** Deletes all that a release has taken over, as a destroy does with what it has made. Throws ReleaseFailed. */
export function runRemoval(settings: ReleaseSettings, ports: AdoptionPorts, signal: AbortSignal): Promise<void> {
  return withLock(settings, ports, signal, remove, { takesOver: true });
}

async function remove(run: AdoptionRun): Promise<void> {
  const { adoption } = run.ports;
  if (!(await run.persist(() => adoption.isMeant(run.signal)))) return;
  const { flagger } = await run.persist(() => adoption.read(run.signal));
  if (flagger !== undefined) throw failed(run, unfinished);
  await run.persist(() => adoption.removeRest(run.signal));
  await run.sleep(run.settings.drain * 1000);
  await run.persist(() => adoption.removeAll(run.signal));
}

async function handBack(run: AdoptionRun): Promise<void> {
  const { adoption } = run.ports;
  if (!(await run.persist(() => adoption.isMeant(run.signal)))) return;
  await routeAllToPrimary(run, fullPatience(run));
  const progress = { restRemoved: false, letGo: false };
  for (let steps = 0; steps < mostSteps; steps += 1) {
    const holdings = await run.persist(() => adoption.read(run.signal));
    const step = decideHandBack(holdings, progress, isReady);
    if (step.kind === "done") return;
    await performBack(run, step);
    if (step.kind === "removeRest") progress.restRemoved = true;
    if (step.kind === "letGo") progress.letGo = true;
  }
  throw failed(run, "does not come to its end: is somebody else changing its objects?");
}

async function performBack(run: AdoptionRun, step: Exclude<HandBackStep, { kind: "done" }>): Promise<void> {
  const { adoption } = run.ports;
  switch (step.kind) {
    case "refuse":
      throw failed(run, `${step.why}; nothing was changed`);
    case "restore":
      run.announce("info", `${run.label}: Deployment ${run.settings.name} gets the primary's pods, and its users next`);
      return run.persist(() => adoption.restore(run.signal));
    case "await":
      return untilReady(run, step.piece);
    case "point":
      return point(run, step.service, step.piece);
    case "removeRest":
      return run.persist(() => adoption.removeRest(run.signal));
    case "retire":
      return retire(run, step.piece);
    case "letGo":
      return run.persist(() => adoption.letGo(run.signal));
  }
}

function isReady(piece: Holding): boolean {
  return piece.replicas > 0 && readinessOf(piece, piece.replicas, 100).kind === "ready";
}

async function untilReady(run: AdoptionRun, piece: Piece): Promise<void> {
  const { adoption } = run.ports;
  const { progressDeadline } = run.settings;
  const say = nowAndThen(run.ports, (sentence) => run.announce("warning", sentence));
  const last = { message: "" };
  const name = nameOf(run, piece);
  const ready = await poll(run, { everyMs: pollMs, forMs: progressDeadline * 1000 }, async () => {
    await heed(run);
    const found = (await run.persist(() => adoption.read(run.signal)))[piece];
    if (found === undefined || isReady(found)) return true;
    const readiness = readinessOf(found, found.replicas, 100);
    last.message = readiness.kind === "ready" ? "it has no pods" : readiness.message;
    say(`${name}.${run.settings.namespace} not ready: ${last.message}`);
    return undefined;
  });
  if (ready === undefined)
    throw failed(
      run,
      `Deployment ${name} is not ready after ${progressDeadline}s (${last.message}): users are where they were; see its pods, and run the update again`,
    );
}

/** Switches a Service in one write, and waits until those pods and no others stand behind it. */
async function point(run: AdoptionRun, service: "apex" | "primary", piece: Piece): Promise<void> {
  const { adoption } = run.ports;
  if (service === "apex") run.announce("info", `${run.label}: routing all traffic to Deployment ${nameOf(run, piece)}`);
  await run.persist(() => adoption.point(service, piece, run.signal));
  await untilBehind(run, service, piece);
}

async function untilBehind(run: AdoptionRun, service: "apex" | "primary", piece: Piece): Promise<void> {
  const { adoption } = run.ports;
  const { progressDeadline } = run.settings;
  const behind = await poll(run, { everyMs: pollMs, forMs: progressDeadline * 1000 }, async () => {
    const [own, found] = await run.persist(() =>
      Promise.all([adoption.nodes(piece, run.signal), adoption.endpoints(service, run.signal)]),
    );
    return found.ready > 0 && found.nodes.every((node) => own.includes(node)) ? true : undefined;
  });
  if (behind === undefined)
    throw failed(
      run,
      `the addresses of Deployment ${nameOf(run, piece)} don't come to stand behind its Service (after ${progressDeadline}s); nothing was scaled down`,
    );
}

/** Takes the pods away that nobody asks any more: at least the drain time after the switch, and seen in the counters. */
async function retire(run: AdoptionRun, piece: Piece): Promise<void> {
  const { adoption } = run.ports;
  const nodes = await run.persist(() => adoption.nodes(piece, run.signal));
  await untilUnused(run, piece, nodes);
  await run.persist(() => adoption.retire(piece, run.signal));
}

async function untilUnused(run: AdoptionRun, piece: Piece, nodes: readonly string[]): Promise<void> {
  if (nodes.length === 0) return;
  const { settings } = run;
  const name = nameOf(run, piece);
  const say = nowAndThen(run.ports, (sentence) => run.announce("warning", sentence));
  await run.sleep(settings.drain * 1000);
  const state: { before: number | undefined; why: string } = { before: await requestsAt(run, nodes), why: "" };
  const everyMs = Math.max(pollMs, settings.scrapeInterval * 1000);
  await run.sleep(everyMs);
  const unused = await poll(run, { everyMs, forMs: settings.progressDeadline * 1000 }, async () => {
    const now = await requestsAt(run, nodes);
    if (now !== undefined && now === state.before) return true;
    state.why = now === undefined ? "Prometheus does not answer" : "the gateway still sends it requests";
    state.before = now;
    say(`${run.label}: Deployment ${name} keeps its pods: ${state.why}`);
    return undefined;
  });
  if (unused !== undefined) return;
  // Without checks there need not be a Prometheus.
  if (state.before === undefined && settings.skipAnalysis) return;
  throw failed(
    run,
    `Deployment ${name} keeps its pods: ${state.why} (after ${settings.progressDeadline}s); see that the gateway follows its routes, and run the update again`,
  );
}

function requestsAt(run: AdoptionRun, nodes: readonly string[]): Promise<number | undefined> {
  return run.persist(() => run.ports.adoption.requestsAt(nodes, run.signal));
}

function nameOf({ settings }: AdoptionRun, piece: Piece): string {
  return { target: settings.name, primary: `${settings.name}-primary`, interim: `${settings.name}-interim` }[piece];
}

function failed({ label }: AdoptionRun, what: string): ReleaseFailed {
  return new ReleaseFailed(`${label}: ${what}`);
}
