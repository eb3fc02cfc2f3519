import { isPause } from "./pace.js";
import type { StepSettings } from "./strategy.js";
import type { WebhookType } from "./webhooks.js";

type Problem = readonly [path: readonly (string | number)[], message: string];

const everywhere = "put it into analysis.webhooks";

/** Why a step has no webhook of this type; undefined where it may. */
function refusal(type: WebhookType, next: StepSettings | undefined): string | undefined {
  switch (type) {
    case "rollout":
    case "event":
      return undefined;
    case "confirm-rollout":
    case "pre-rollout":
      return `${type} comes before all steps: ${everywhere}`;
    case "rollback":
    case "post-rollout":
      return `${type} is no matter of one step: ${everywhere}`;
    case "confirm-traffic-increase":
      if (next === undefined) return "nothing increases after the last step: make it confirm-promotion";
      if (isPause(next)) return "the pause after this step keeps its weight: give it to the pause";
      return next.weight === undefined
        ? "A/B gives the canary no more users from step to step: make it confirm-promotion in the last one"
        : undefined;
    case "confirm-promotion":
      return next === undefined
        ? undefined
        : "the promotion comes after the last step: give it to that, or make it confirm-traffic-increase";
  }
}

/** Webhooks of single steps that would never be called, or not when their author thinks. */
export function stepWebhookProblems(steps: readonly StepSettings[]): readonly Problem[] {
  return steps.flatMap(({ webhooks = [] }, step) =>
    webhooks.flatMap(({ type }, index): readonly Problem[] => {
      const message = refusal(type, steps[step + 1]);
      return message === undefined ? [] : [[["steps", step, "webhooks", index, "type"], message]];
    }),
  );
}
