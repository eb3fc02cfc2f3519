import type { CheckStatus, Promoted, PromotedVerdict } from "../model/index.js";
import type { Run } from "./run.js";

/** What is on the primary at this moment, which is ready with the run's revision. */
export async function promotedNow(run: Run, verdict: PromotedVerdict, summary: string): Promise<Promoted> {
  return { revision: run.settings.revision, images: await imagesOf(run), at: run.isoNow(), verdict, summary };
}

/** What an earlier run has promoted; made out of its journal where an earlier version of this package wrote that. */
export async function promotedBefore(run: Run): Promise<Promoted> {
  const { promoted, judged, conditions, lastTransitionTime } = run.status;
  const { revision } = run.settings;
  if (promoted?.revision === revision) return promoted;
  const own = judged?.revision === revision && judged.verdict === "passed" ? judged : undefined;
  return {
    revision,
    images: await imagesOf(run),
    at: conditions.find(({ status }) => status === "True")?.lastTransitionTime ?? lastTransitionTime,
    verdict: own === undefined ? "initialized" : (own.without ?? "passed"),
    summary: own?.reason ?? "promoted by an earlier version of this package",
  };
}

/** Why, and the last figures of each check. */
export function summaryOf(reason: string, checks: readonly CheckStatus[]): string {
  const figures = checks.map(
    ({ metric, verdict, value, limit, requests }) =>
      `${metric} ${verdict} ${value} (limit ${limit}, ${requests} requests)`,
  );
  return figures.length === 0 ? reason : `${reason}: ${figures.join(", ")}`;
}

async function imagesOf(run: Run): Promise<Promoted["images"]> {
  const primary = await run.persist(() => run.ports.cluster.readWorkload("primary", run.signal));
  return primary?.images ?? [];
}
