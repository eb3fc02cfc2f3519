import { durationText } from "../../model/index.js";
import type { AnalysisSettings } from "../../settings/index.js";
import { backgroundsOf, planStages, stageAfterPromotion, strategyKindOf } from "../../strategy/index.js";
import type { Background, Stage } from "../../strategy/index.js";

/** For preview: the analyses beside that of the steps, in the order in which they judge, one line each; none is nothing. */
export function ownAnalysesText(settings: AnalysisSettings): readonly string[] {
  const plan = planStages(settings);
  const blueGreen = strategyKindOf(settings) === "blueGreen";
  const after = stageAfterPromotion(settings);
  return [
    ...backgroundsOf(settings).map((each) => backgroundText(each, plan.length)),
    ...plan.flatMap((stage, index) => (stage.name === undefined ? [] : [stageText(stage, index + 1, blueGreen)])),
    ...(after === undefined
      ? []
      : [`analysis.postPromotion: ${lengthText(after)}, when the promoted primary has all users: no way back by then`]),
  ];
}

function backgroundText({ name, from, forSeconds, onFailure }: Background, stages: number): string {
  const until = Number.isFinite(forSeconds) ? `for ${durationText(forSeconds)}` : `until the canary is passed`;
  const holds = onFailure === "hold" ? "; holds the run where it fails" : "";
  return `analysis.background: ${name}, from stage ${from} of ${stages} on, ${until}${holds}`;
}

function stageText(stage: Stage, place: number, blueGreen: boolean): string {
  const { kind } = stage;
  const when =
    kind === "postPromotion"
      ? "when all users are moved, and may still be taken back"
      : blueGreen
        ? "before users are moved"
        : "before the primary gets the revision";
  return `analysis.${kind}: stage ${place}, ${lengthText(stage)}, ${when}`;
}

function lengthText({ counts, intervals, intervalSeconds }: Stage): string {
  if (counts === "elapsed") return durationText(intervals * intervalSeconds);
  return intervals === 1 ? durationText(intervalSeconds) : `${intervals} times ${durationText(intervalSeconds)}`;
}
