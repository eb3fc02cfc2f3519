import type { Condition, ReleaseStatus } from "../model/index.js";
import type { Api } from "./api.js";
import { expectSuccess, readRelease, releasePath } from "./cluster.js";
import type { Release } from "./cluster.js";
import { numberAt, textAt } from "./json.js";

const tries = 5;

/** What a take-back changes in the journal; null removes. */
export type StatusChange = Partial<Pick<ReleaseStatus, "phase" | "canaryWeight" | "plannedWeight" | "message">> & {
  readonly fence: number;
  readonly conditions?: readonly Condition[];
  readonly lastTransitionTime?: string;
  readonly handoverDeadline?: null;
  readonly handoverSeconds?: null;
};

/** Writes into the journal; false where a newer run has written it. */
export async function writeStatus(api: Api, seen: Release, change: StatusChange): Promise<boolean> {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const now = await readRelease(api, seen);
    if (now === undefined) return true;
    if ((numberAt(now.status, "fence") ?? 0) > change.fence) return false;
    const body = { metadata: { resourceVersion: now.resourceVersion }, status: change };
    const answer = await api("MERGE", `${releasePath(seen)}/status`, body);
    if (answer.status === 404) return true;
    if (answer.status === 409) continue;
    expectSuccess("writing the status", answer);
    return true;
  }
  throw new Error("the status is being changed by others all the time");
}

/**
 * The end of a release whose run is gone. `judged` stays as it is: that a machine died says nothing about a revision,
 * and a pass that never was promoted is judged again by the next update.
 */
export function failedStatus(
  release: Release,
  reason: string,
  sameRevision: boolean,
  now: Date,
): Omit<StatusChange, "fence"> & { readonly message: string } {
  const time = now.toISOString().replace(/\.\d+Z$/, "Z");
  const what = sameRevision
    ? "the primary already carries this revision and has all traffic; run the update again to finish the promotion"
    : "traffic is back on the primary, deployment scaled to zero";
  const message = `taken back by the watchdog: ${reason}; ${what}`;
  const reasonWord = textAt(release.status, "phase") === "WaitingPromotion" ? "NotPromoted" : "RunLost";
  return {
    phase: "Failed",
    canaryWeight: 0,
    plannedWeight: 0,
    message,
    lastTransitionTime: time,
    conditions: [{ type: "Promoted", status: "False", reason: reasonWord, message, lastTransitionTime: time }],
    handoverDeadline: null,
    handoverSeconds: null,
  };
}
