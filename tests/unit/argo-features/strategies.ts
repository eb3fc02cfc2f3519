import { differently, have, not } from "./feature.js";
import type { Chapter } from "./feature.js";

export const strategies: Chapter = {
  title: "Strategies",
  features: [
    {
      feature: "Canary by traffic weight (`setWeight`)",
      source: "features/canary/index.md",
      answer: have("`analysis.stepWeight`, `analysis.stepWeights`, `analysis.maxWeight`"),
    },
    {
      feature: "First deployment without steps or analysis",
      source: "features/traffic-management/apisix.md",
      answer: have("the first revision gets all users when its pods are ready"),
    },
    {
      feature: "Steps of different length (`pause: { duration }`)",
      source: "features/canary/index.md",
      answer: differently("every step is `analysis.interval` long, or longer while evidence is missing"),
      since: { setting: "analysis.steps", ...have("`analysis.steps[]`: `weight` with `for`, and `pause`") },
    },
    {
      feature: "Pause until somebody says so (`pause: {}`)",
      source: "features/canary/index.md",
      answer: have(
        "gates: webhooks of type `confirm-rollout`, `confirm-traffic-increase`, `confirm-promotion`, or `apisix-canary approve`; `apisix-canary pause` and `resume` at any time",
      ),
    },
    {
      feature: "Weights finer than a percent (`maxTrafficWeight`; NGINX and plugins alone)",
      source: "features/specification.md",
      answer: not("whole percents"),
      since: { setting: "analysis.steps", ...have("`analysis.steps[].weight` from 0.01") },
    },
    {
      feature: "Number of canary pods per step (`setCanaryScale`)",
      source: "features/canary/index.md",
      answer: not("as many as `replicas`, or the autoscaler's `minReplicas`, from the first step on"),
      since: {
        setting: "analysis.steps",
        ...have("`analysis.steps[].replicas`: a number, a percentage, or as the weight"),
      },
    },
    {
      feature: "Fewer stable pods as the canary grows (`dynamicStableScale`)",
      source: "features/canary/index.md",
      answer: not("on purpose: the primary can carry all users at any moment of a run"),
    },
    {
      feature: "Canary without a traffic router, by numbers of pods",
      source: "features/canary/index.md",
      answer: not("APISIX splits, always"),
    },
    {
      feature: "Rolling update (`maxSurge`, `maxUnavailable`)",
      source: "features/canary/index.md",
      answer: differently("what was promoted is rolled out to the primary as Kubernetes' Deployment does it"),
    },
    {
      feature: "Blue/green with a preview Service",
      source: "features/bluegreen.md",
      answer: not("`stepWeights: [100]` moves all users at once, without a preview way of its own"),
      since: {
        setting: "analysis.preview",
        ...have(
          "`analysis.iterations` without weights; the preview way is a host, a header or a path of the gateway's: `analysis.preview`",
        ),
      },
    },
    {
      feature: "Promotion by hand or after a time (`autoPromotionEnabled`, `autoPromotionSeconds`)",
      source: "features/bluegreen.md",
      answer: differently("by hand: a `confirm-promotion` gate; by time alone never, it takes a passed analysis"),
    },
    {
      feature: "Analysis before and after the switch (`prePromotionAnalysis`, `postPromotionAnalysis`)",
      source: "features/bluegreen.md",
      answer: differently(
        "before: `pre-rollout` webhooks and the analysis itself; after: the primary's new pods are judged by the same checks while users are led back",
      ),
      since: {
        setting: "analysis.prePromotion",
        ...have(
          "`analysis.prePromotion` and `analysis.postPromotion`, in blue/green as there; also of weights and A/B, where after the promotion nothing is left to take back: the update fails",
        ),
      },
    },
    {
      feature: "The old pods stay for a while (`scaleDownDelaySeconds`, `abortScaleDownDelaySeconds`)",
      source: "features/specification.md",
      answer: differently("`drain`: until nobody asks them any more, and at least so long"),
      since: {
        setting: "analysis.scaleDownDelay",
        ...have(
          "`analysis.scaleDownDelay`: the promotion waits while the old pods are one weight away; `analysis.abortScaleDownDelay`",
        ),
      },
    },
    {
      feature: "Routing by header to the canary (`setHeaderRoute`)",
      source: "features/traffic-management/index.md",
      answer: not(""),
      since: {
        setting: "analysis.match",
        ...have("`analysis.match`: headers, cookies, query, addresses; leaks either way end the run"),
      },
    },
    {
      feature: "Mirrored traffic (`setMirrorRoute`, Istio alone)",
      source: "features/traffic-management/index.md",
      answer: not(""),
      since: { setting: "analysis.mirror", ...have("`analysis.mirror`, on APISIX") },
    },
    {
      feature: "Experiments: several versions side by side for a time",
      source: "features/experiment.md",
      answer: differently("one canary; its comparison with the primary in the same window is built in (`compare`)"),
      since: {
        setting: "analysis.baseline",
        ...differently(
          "one canary, compared in the same window with the primary (`compare`), or with fresh pods of the old revision, as many as its own (`analysis.baseline`)",
        ),
      },
    },
    {
      feature: "Rollback window: going back skips steps and analysis",
      source: "features/rollback.md",
      answer: not("the old revision is judged as any other, or shipped with `skipAnalysis`"),
      since: { setting: "analysis.rollbackWindow", ...have("`analysis.rollbackWindow`, by revisions or time") },
    },
    {
      feature: "A newer revision in mid-rollout takes over",
      source: "index.md",
      answer: differently("two updates never drive one release; a change of what is being judged ends the run"),
    },
  ],
};
