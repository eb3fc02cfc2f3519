import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { ReleaseStatus } from "../model/index.js";
import { FencedError } from "../ports/index.js";
import type { LeaseView } from "../ports/index.js";
import type { RollbackSettings } from "../settings/index.js";
import { LostLock, ReleaseFailed } from "./failure.js";
import type { RollbackPorts } from "./ports.js";
import { isoTime, labelOf, Run } from "./run.js";
import { persist, withLimit } from "./waiting.js";

const pollMs = 500;
/** A first contact that fails (a wrong kubeconfig, say) is soon told; a server that has answered once is waited for. */
const firstContactMs = 15_000;
const patienceMs = 60_000;
const releaseMs = 5_000;
/** A longer gap between two looks (API server away, this process asleep) proves nothing about the holder. */
const longestGapMs = 5_000;
/** After this long a holder that gives signs of life makes the waiting run give up. */
const busyMs = 45_000;

/** Names of this process under which a Lease may still stand because it could not be given back. */
const formerHolders = new Set<string>();

export interface LockOptions {
  /** How long an API server that is away is waited for, until the release is held. */
  readonly apiPatienceMs?: number;
  /** A Lease that the caller has watched for long enough: taken as it was seen, or not at all (LostLock). */
  readonly abandoned?: { readonly lease: LeaseView | undefined };
}

/**
 * Runs `body` as the only one on this release: takes the Lease, puts a fencing token on the route, beats while the body
 * runs, and gives the Lease back. A lease is not a fence: every write to the route tests the token too.
 */
export async function withLock<S extends RollbackSettings, P extends RollbackPorts, T>(
  settings: S,
  ports: P,
  signal: AbortSignal,
  body: (run: Run<S, P>) => Promise<T>,
  { apiPatienceMs, abandoned }: LockOptions = {},
): Promise<T> {
  const holder = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
  const look = patientLook(ports, signal, apiPatienceMs);
  if (abandoned === undefined) await acquire(settings, ports, holder, signal, look);
  else if (!(await look(() => ports.lock.take(abandoned.lease, holder, signal)))) throw new LostLock(labelOf(settings));
  const lost = new AbortController();
  const ended = new AbortController();
  try {
    const run = await openRun(settings, ports, holder, AbortSignal.any([signal, lost.signal]), look);
    const beating = beat(run, lost, ended.signal);
    try {
      return await body(run);
    } finally {
      ended.abort();
      await beating;
    }
  } finally {
    await giveBack(ports, holder);
  }
}

type Look = <T>(attempt: () => Promise<T>) => Promise<T>;

function patientLook({ clock }: RollbackPorts, signal: AbortSignal, apiPatienceMs: number | undefined): Look {
  let answered = false;
  return async (attempt) => {
    const value = await persist(clock, signal, apiPatienceMs ?? (answered ? patienceMs : firstContactMs), attempt);
    answered = true;
    return value;
  };
}

async function giveBack({ clock, lock }: RollbackPorts, holder: string): Promise<void> {
  formerHolders.add(holder);
  await withLimit(clock, releaseMs, (limit) =>
    persist(clock, limit, releaseMs, () => lock.release(holder, limit)),
  ).then(
    () => formerHolders.delete(holder),
    () => undefined,
  );
}

async function acquire(
  settings: RollbackSettings,
  { clock, lock }: RollbackPorts,
  holder: string,
  signal: AbortSignal,
  look: Look,
): Promise<void> {
  const staleMs = settings.leaseDuration * 1000 + 2_000;
  let giveUpAtMs = clock.nowMs() + Math.max(busyMs, staleMs * 2);
  let watched: { readonly version: string; readonly sinceMs: number } | undefined;
  for (let lookedAtMs = clock.nowMs(); ;) {
    const seen = await look(() => lock.read(signal));
    const gapMs = clock.nowMs() - lookedAtMs;
    lookedAtMs = clock.nowMs();
    if (gapMs > longestGapMs) giveUpAtMs += gapMs;
    if (watched?.version !== seen?.version || gapMs > longestGapMs)
      watched = { version: seen?.version ?? "", sinceMs: lookedAtMs };
    // Ours already: the answer to the take was lost.
    if (seen?.holder === holder) return;
    const unheld = seen?.holder === undefined || formerHolders.has(seen.holder);
    const free = unheld || isStale(watched, lookedAtMs, staleMs);
    if (free && (await look(() => lock.take(seen, holder, signal)))) return;
    if (lookedAtMs > giveUpAtMs) throw busy(settings, seen);
    await clock.sleep(pollMs, signal);
  }
}

/** By what this observer saw not change, never by comparing two machines' clocks. */
function isStale(watched: { readonly sinceMs: number } | undefined, nowMs: number, staleMs: number): boolean {
  return watched !== undefined && nowMs - watched.sinceMs >= staleMs;
}

function busy(settings: RollbackSettings, seen: LeaseView | undefined): ReleaseFailed {
  const who = seen?.holder ?? "somebody";
  return new ReleaseFailed(
    `${labelOf(settings)}: another run (${who}) is at work on this release; wait for it, or end it with: apisix-canary abort ${settings.name} -n ${settings.namespace}`,
  );
}

async function openRun<S extends RollbackSettings, P extends RollbackPorts>(
  settings: S,
  ports: P,
  holder: string,
  signal: AbortSignal,
  look: Look,
): Promise<Run<S, P>> {
  const { clock, cluster, lock } = ports;
  const [lease, route, object] = await Promise.all([
    look(() => lock.read(signal)),
    look(() => cluster.readRoute(signal)),
    look(() => cluster.readRelease(signal)),
  ]);
  const token = Math.max(lease?.transitions ?? 0, route?.fence ?? 0, object?.status?.fence ?? 0) + 1;
  if (route !== undefined) await look(() => cluster.claimRoute(token, signal));
  const status = { ...(object?.status ?? initialStatus(settings, clock.nowMs())), fence: token };
  return new Run(settings, ports, holder, token, signal, { status, writing: Promise.resolve(), beat: 0 });
}

function initialStatus(settings: RollbackSettings, nowMs: number): ReleaseStatus {
  return {
    phase: "Initializing",
    canaryWeight: 0,
    plannedWeight: 0,
    failedChecks: 0,
    iterations: 0,
    lastTransitionTime: isoTime(nowMs),
    revision: settings.revision,
    fence: 0,
    drainSeconds: settings.drain,
    routeName: settings.routeName,
    message: "",
    conditions: [],
    checks: [],
  };
}

/**
 * Renews the Lease and the journal's heartbeat, also while an aborted run still takes its traffic back; aborts the run
 * as soon as the Lease belongs to another one.
 */
async function beat<S extends RollbackSettings, P extends RollbackPorts>(
  run: Run<S, P>,
  lost: AbortController,
  ended: AbortSignal,
): Promise<void> {
  const { clock, lock } = run.ports;
  const everyMs = (run.settings.leaseDuration * 1000) / 3;
  const signal = AbortSignal.any([ended, lost.signal]);
  const heart = run.with(signal);
  while (!signal.aborted) {
    await clock.sleep(everyMs, signal).catch(() => undefined);
    if (signal.aborted) return;
    const ours = await lock.renew(run.holder, signal).catch(() => true);
    if (!ours) return lost.abort(new LostLock(run.label));
    await heart.heartbeat().catch(() => undefined);
  }
}

/** Whether somebody else is responsible for the release now. */
export function isLost(error: unknown): error is LostLock | FencedError {
  return error instanceof LostLock || error instanceof FencedError;
}

/** What a run ends with where somebody else is responsible by now; undefined where it still is itself. */
export function lossOf(run: Pick<Run, "signal" | "label">, error: unknown): Error | undefined {
  if (!isLost(error) && !isLost(run.signal.reason)) return undefined;
  return error instanceof Error ? error : new LostLock(run.label);
}
