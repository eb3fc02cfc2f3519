import type { Surroundings } from "../contract.js";
import type { AnalysisState, Ownership } from "../state.js";
import type { Side } from "./tally.js";

type Owners = AnalysisState["owners"];

/**
 * Remembers which version an address belonged to, and when. An address keeps its last owner after its pod is gone
 * (its last requests are still being counted) until another version has it.
 */
export function updateOwners(
  owners: Owners,
  surroundings: Pick<Surroundings, "subjectNodes" | "baselineNodes">,
  nowMs: number,
  lastObservedMs: number | undefined,
): Owners {
  const now = new Map<string, Ownership["side"]>();
  for (const node of surroundings.subjectNodes) now.set(node, "subject");
  for (const node of surroundings.baselineNodes) now.set(node, now.get(node) === "subject" ? "both" : "baseline");
  let next: Record<string, readonly Ownership[]> | undefined;
  for (const [node, side] of now) {
    const known = owners[node];
    if (known?.at(-1)?.side === side) continue;
    next ??= { ...owners };
    // The first owner has had the address since before the run, as far as this analysis is concerned.
    next[node] =
      known === undefined
        ? [{ side, sinceMs: 0, lastKnownMs: 0 }]
        : [...known, { side, sinceMs: nowMs, lastKnownMs: lastObservedMs ?? 0 }];
  }
  return forgetting(next ?? owners, now);
}

/** Addresses that are remembered: those of today, and the newest of the others. */
const mostOwned = 400;

function forgetting(owners: Owners, now: ReadonlyMap<string, unknown>): Owners {
  const all = Object.entries(owners);
  if (all.length <= mostOwned) return owners;
  // In the order in which they came.
  const old = all.filter(([node]) => !now.has(node)).slice(0, all.length - mostOwned);
  const forgotten = new Set(old.map(([node]) => node));
  return Object.fromEntries(all.filter(([node]) => !forgotten.has(node)));
}

/**
 * Whose requests were counted at an address up to the sample at `timeMs`; undefined where nobody has owned it yet,
 * `unclear` while it changed hands.
 */
export function ownerOf(owners: Owners, node: string, timeMs: number): Side | "unclear" | undefined {
  const known = owners[node];
  if (known === undefined) return undefined;
  for (let index = known.length - 1; index >= 0; index -= 1) {
    const entry = known[index];
    if (entry === undefined) continue;
    if (timeMs > entry.sinceMs) return entry.side === "both" ? "unclear" : entry.side;
    if (timeMs > entry.lastKnownMs) return "unclear";
  }
  return "unclear";
}
