import { analysis, range, custom, webhook } from "./subject.js";
import type { Wrong } from "./subject.js";

/** Durations, and settings that do not go together. */
export const wrongCombinations: readonly Wrong[] = [
  // Durations
  [
    "words for a duration",
    { progressDeadline: "soon" },
    'progressDeadline: not a duration: "soon"; write it like "10s" or "1m30s"',
  ],
  ["a negative duration", { drain: "-3s" }, 'drain: not a duration: "-3s"; write it like "10s" or "1m30s"'],
  ["an empty duration", { handover: "" }, 'handover: not a duration: ""; write it like "10s" or "1m30s"'],
  ["a duration without unit", { deadline: "60" }, 'deadline: not a duration: "60"; write it like "10s" or "1m30s"'],
  [
    "a duration with a unit of its own",
    { deadline: "1d" },
    'deadline: not a duration: "1d"; write it like "10s" or "1m30s"',
  ],
  ["a duration with spaces", { deadline: "1 h" }, 'deadline: not a duration: "1 h"; write it like "10s" or "1m30s"'],
  [
    "a duration in a number's clothes",
    { deadline: "1e3s" },
    'deadline: not a duration: "1e3s"; write it like "10s" or "1m30s"',
  ],
  ["a duration longer than any timer", { deadline: "481h" }, "deadline: must be at most 480h"],
  [
    "an endless duration",
    { deadline: "9".repeat(400) + "s" },
    `deadline: not a duration: "${"9".repeat(400)}s"; write it like "10s" or "1m30s"`,
  ],
  ["a deadline of nothing", { deadline: "0s" }, "deadline: must be at least 1s"],
  ["a progress deadline of nothing", { progressDeadline: 0 }, "progressDeadline: must be at least 1s"],
  ["a lease of nothing", { leaseDuration: "500ms" }, "leaseDuration: must be at least 1s"],
  ["an interval below a second", analysis({ interval: "900ms" }), "analysis.interval: must be at least 1s"],
  ["checks without a pause", analysis({ checkInterval: 0 }), "analysis.checkInterval: must be at least 0.2s"],
  ["a webhook without time", webhook({ timeout: "0s" }), "analysis.webhooks[0].timeout: must be at least 0.1s"],
  ["a webhook with all time", webhook({ timeout: "1000h" }), "analysis.webhooks[0].timeout: must be at most 480h"],

  // Combinations
  ["no route at all", { route: undefined }, "route: needs route or routeRef"],
  ["two kinds of route", { routeRef: { name: "podinfo" } }, "routeRef: give route or routeRef, not both"],
  [
    "replicas beside an autoscaler",
    { replicas: 2, autoscaler: { minReplicas: 1, maxReplicas: 2 } },
    "replicas: give replicas or autoscaler, not both",
  ],
  ["no Prometheus and no platform", { prometheusUrl: undefined }, "prometheusUrl: is missing (or give platform)"],
  ["no class and no platform", { ingressClassName: undefined }, "ingressClassName: is missing (or give platform)"],
  [
    "one name for a config and a secret",
    { configs: { a: {} }, secrets: { a: {} } },
    "secrets: a is also the name of a config",
  ],
  ["no steps", analysis({ stepWeight: undefined }), "analysis.stepWeight: needs stepWeight or stepWeights"],
  [
    "two kinds of steps",
    analysis({ stepWeights: [1, 2] }),
    "analysis.stepWeights: give stepWeight or stepWeights, not both",
  ],
  ["steps that fall", analysis({ stepWeight: undefined, stepWeights: [10, 5] }), "analysis.stepWeights: must ascend"],
  ["steps that stand", analysis({ stepWeight: undefined, stepWeights: [10, 10] }), "analysis.stepWeights: must ascend"],
  [
    "a step above the highest weight",
    analysis({ stepWeight: 60 }),
    "analysis.stepWeight: must not be above maxWeight 50",
  ],
  [
    "checks rarer than steps",
    analysis({ checkInterval: "11s" }),
    "analysis.checkInterval: must not be longer than interval",
  ],
  ["no metrics", analysis({ metrics: [] }), "analysis.metrics: needs at least one metric"],
  ["a range of nothing", range({}), "analysis.metrics[0].thresholdRange: needs min or max"],
  ["a range upside down", range({ min: 9, max: 5 }), "analysis.metrics[0].thresholdRange: min must not be above max"],
  [
    "a metric without limit",
    analysis({ metrics: [{ name: "request-duration" }] }),
    "analysis.metrics[0].thresholdRange: needs a thresholdRange (or compare)",
  ],
  [
    "one metric twice",
    analysis({ metrics: [1, 2].map(() => ({ name: "request-duration", thresholdRange: { max: 5 } })) }),
    "analysis.metrics[1].name: request-duration is there twice",
  ],
  [
    "a metric that nobody knows",
    analysis({ metrics: [{ name: "request-sucess-rate", thresholdRange: { min: 99 } }] }),
    "analysis.metrics[0].template: is missing: without one, name must be request-success-rate or request-duration",
  ],
  [
    "a template without a query",
    custom({ template: { provider: { type: "prometheus" }, query: " " } }),
    "analysis.metrics[0].template.query: a prometheus template needs a query",
  ],
  [
    "an unknown type of webhook",
    webhook({ type: "whenever" }),
    'analysis.webhooks[0].type: unknown webhook type "whenever"; one of confirm-rollout, pre-rollout, rollout, confirm-traffic-increase, confirm-promotion, rollback, post-rollout, event',
  ],
];
