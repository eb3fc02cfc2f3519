import { durationText } from "../model/index.js";
import type { StrategyStatus } from "../model/index.js";
import { shownWeight, splitText } from "../strategy/index.js";
import type { Stage } from "../strategy/index.js";
import { isoTime } from "./run.js";
import type { Run } from "./run.js";

/** What a pause is called that only a person ends. */
export function pauseOf({ split, untilApproved }: Stage): string | undefined {
  return untilApproved === true ? `pause at ${splitText(split)}` : undefined;
}

/** Until when a stage keeps the old revision, which people may want to use. */
export function endOf(
  { kind, intervals, intervalSeconds }: Stage,
  { ports: { clock } }: Pick<Run, "ports">,
): Pick<StrategyStatus, "until"> {
  return kind === "scaleDownDelay" ? { until: isoTime(clock.nowMs() + intervals * intervalSeconds * 1000) } : {};
}

/**
 * Flagger's words where it has such a stage.
 * @param keeps whether it leaves the gateway as the stage before has it
 */
export function advanceSentence(label: string, stage: Stage, keeps: boolean): string {
  const { kind, split, intervals, intervalSeconds, untilApproved } = stage;
  switch (kind) {
    case "weight":
      return `Advance ${label} canary weight ${shownWeight(split)}`;
    case "pause":
      return untilApproved === true
        ? `Pausing ${label} at canary weight ${shownWeight(split)} until it is approved`
        : `Pausing ${label} at canary weight ${shownWeight(split)} for ${durationText(intervals * intervalSeconds)}`;
    case "matched":
      if (keeps) return `Advance ${label} canary step, matching users stay`;
      return `Routing all matching users of ${label} to the canary`;
    case "test":
      return `Testing ${label} before any user, by its webhooks`;
    case "preview":
      return `Testing ${label} before any user, by its preview`;
    case "mirror":
      return `Mirroring ${split.mirrorPercent ?? 0}% of the requests of ${label} to the canary`;
    case "prePromotion":
    case "postPromotion":
      return `Starting ${stage.name ?? kind} of ${label}`;
    case "allUsers":
      return `Routing all traffic of ${label} to the canary`;
    case "scaleDownDelay":
      return `Keeping the old revision of ${label} in its primary for ${durationText(intervals * intervalSeconds)} before the promotion`;
  }
}
