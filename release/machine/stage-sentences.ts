import { durationText } from "../settings/index.js";
import { shownWeight, splitText } from "../strategy/index.js";
import type { Stage } from "../strategy/index.js";

/** What a pause is called that only a person ends. */
export function pauseOf({ split, untilApproved }: Stage): string | undefined {
  return untilApproved === true ? `pause at ${splitText(split)}` : undefined;
}

/** Flagger's words where it has such a stage. */
export function advanceSentence(label: string, stage: Stage): string {
  const { kind, split, intervals, intervalSeconds, untilApproved } = stage;
  switch (kind) {
    case "weight":
      return `Advance ${label} canary weight ${shownWeight(split)}`;
    case "pause":
      return untilApproved === true
        ? `Pausing ${label} at canary weight ${shownWeight(split)} until it is approved`
        : `Pausing ${label} at canary weight ${shownWeight(split)} for ${durationText(intervals * intervalSeconds)}`;
    case "matched":
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
  }
}
