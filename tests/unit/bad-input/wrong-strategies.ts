import { analysis } from "./subject.js";
import type { Wrong } from "./subject.js";

const no = { stepWeight: undefined } as const;
const match = [{ headers: { "x-canary": { exact: "yes" } } }];
const abTesting = { ...no, match, iterations: 3 };
const blueGreen = { ...no, iterations: 3 };
const steps = (...all: readonly object[]) => analysis({ ...no, steps: [...all] });
const matched = (entry: object) => analysis({ ...no, iterations: 1, match: [entry] });
const hook = (type: string) => ({ name: "hook", type, url: "http://hook/" });
const rate = { name: "request-success-rate", thresholdRange: { min: 99 } };
const template = (query: string) => ({
  name: "orders",
  thresholdRange: { max: 1 },
  template: { provider: { type: "prometheus" }, query },
});

/** Strategies that make no sense: where, and what is possible instead. */
export const wrongStrategies: readonly Wrong[] = [
  [
    "steps that fall",
    steps({ weight: 20 }, { weight: 10 }),
    "analysis.steps[1].weight: must be above the 20 before it",
  ],
  ["a step twice", steps({ weight: 20 }, { weight: 20 }), "analysis.steps[1].weight: must be above the 20 before it"],
  [
    "a pause before any weight",
    steps({ pause: "5m" }, { weight: 20 }),
    "analysis.steps[0].pause: needs a weight before it; a confirm-rollout webhook waits before any",
  ],
  ["a weight below one in ten thousand", steps({ weight: 0.001 }), "analysis.steps[0].weight: must be 0.01 to 100"],
  ["a weight between two", steps({ weight: 0.015 }), "analysis.steps[0].weight: must be a multiple of 0.01"],
  [
    "steps above maxWeight",
    analysis({ ...no, maxWeight: 50, steps: [{ weight: 60 }] }),
    "analysis.steps[0].weight: must not be above maxWeight 50",
  ],
  [
    "steps beside stepWeight",
    analysis({ steps: [{ weight: 40 }] }),
    "analysis.steps: give stepWeight or steps, not both",
  ],
  [
    "a metric of another query in a step",
    analysis({
      ...no,
      metrics: [template("a")],
      steps: [{ weight: 10, metrics: [template("b")] }],
    }),
    "analysis.steps[0].metrics[0].name: orders is measured otherwise elsewhere: give it another name",
  ],
  [
    "a metric twice in a step",
    steps({ weight: 10, metrics: [rate, rate] }),
    "analysis.steps[0].metrics[1].name: request-success-rate is there twice",
  ],
  [
    "a canary's pods by step beside an autoscaler",
    {
      replicas: undefined,
      autoscaler: { minReplicas: 1, maxReplicas: 2 },
      ...steps({ weight: 10 }, { weight: 20, replicas: 2 }),
    },
    "analysis.steps[1].replicas: the canary's autoscaler scales it: leave it out, or autoscaler",
  ],
  ...(["confirm-rollout", "pre-rollout"] as const).map((type): Wrong => [
    `a ${type} of one step`,
    steps({ weight: 10, webhooks: [hook("rollout"), hook(type)] }, { weight: 20 }),
    `analysis.steps[0].webhooks[1].type: ${type} comes before all steps: put it into analysis.webhooks`,
  ]),
  ...(["rollback", "post-rollout"] as const).map((type): Wrong => [
    `a ${type} of one step`,
    steps({ weight: 10, webhooks: [hook(type)] }),
    `analysis.steps[0].webhooks[0].type: ${type} is no matter of one step: put it into analysis.webhooks`,
  ]),
  [
    "an increase after the last step",
    steps({ weight: 10, webhooks: [hook("confirm-traffic-increase")] }),
    "analysis.steps[0].webhooks[0].type: nothing increases after the last step: make it confirm-promotion",
  ],
  [
    "an increase before a pause",
    steps({ weight: 10, webhooks: [hook("confirm-traffic-increase")] }, { pause: "5m" }, { weight: 20 }),
    "analysis.steps[0].webhooks[0].type: the pause after this step keeps its weight: give it to the pause",
  ],
  [
    "a promotion before the last step",
    steps({ weight: 10 }, { pause: "5m", webhooks: [hook("confirm-promotion")] }, { weight: 20 }),
    "analysis.steps[1].webhooks[0].type: the promotion comes after the last step: give it to that, or make it confirm-traffic-increase",
  ],
  [
    "a webhook of a step without an address",
    steps({ weight: 10, webhooks: [{ name: "hook", url: "hook" }] }),
    "analysis.steps[0].webhooks[0].url: must be an http or https URL",
  ],
  [
    "A/B with weights",
    analysis({ match, iterations: 1 }),
    "analysis.stepWeight: A/B moves the users who match, and no others: leave it out, and give iterations",
  ],
  ["A/B without iterations", analysis({ ...no, match }), "analysis.match: needs iterations or steps"],
  [
    "A/B with iterations and steps",
    analysis({ ...abTesting, steps: [{}] }),
    "analysis.iterations: give iterations or steps, not both",
  ],
  [
    "A/B with a weight in a step",
    analysis({ ...no, match, steps: [{}, { weight: 10 }] }),
    "analysis.steps[1].weight: A/B moves the users who match, all of them: leave it out, or match",
  ],
  [
    "A/B that begins with a pause",
    analysis({ ...no, match, steps: [{ pause: "5m" }] }),
    "analysis.steps[0].pause: needs a step before it; a confirm-rollout webhook waits before any",
  ],
  [
    "an increase in A/B",
    analysis({ ...no, match, steps: [{ webhooks: [hook("confirm-traffic-increase")] }, {}] }),
    "analysis.steps[0].webhooks[0].type: A/B gives the canary no more users from step to step: make it confirm-promotion in the last one",
  ],
  ["a step without its weight", steps({ for: "5m" }), "analysis.steps[0].weight: is missing (needs a number)"],
  [
    "a weight that is spelled wrong",
    steps({ wieght: 10 }),
    'analysis.steps[0].wieght: is not a known setting: did you mean "weight"?; analysis.steps[0].weight: is missing (needs a number)',
  ],
  [
    "A/B that mirrors",
    analysis({ ...abTesting, mirror: true }),
    "analysis.mirror: has no part in A/B: mirror before a canary's weights, or in blue/green",
  ],
  [
    "A/B that goes back in steps",
    analysis({ ...abTesting, stepWeightPromotion: 10 }),
    "analysis.stepWeightPromotion: A/B has no shares to go back by: leave it out",
  ],
  [
    "A/B that goes back share by share",
    analysis({ ...abTesting, stepWeightsPromotion: [50, 100] }),
    "analysis.stepWeightsPromotion: A/B has no shares to go back by: leave it out",
  ],
  [
    "two ways back",
    analysis({ stepWeightPromotion: 10, stepWeightsPromotion: [60, 100] }),
    "analysis.stepWeightsPromotion: give stepWeightPromotion or stepWeightsPromotion, not both",
  ],
  ["a way back that turns", analysis({ stepWeightsPromotion: [80, 60] }), "analysis.stepWeightsPromotion: must ascend"],
  [
    "a way back that begins where it is already",
    analysis({ ...no, steps: [{ weight: 20 }], stepWeightsPromotion: [70, 90] }),
    "analysis.stepWeightsPromotion[0]: must be above the 80 that the primary has when the way back begins",
  ],
  [
    "a way back above 100",
    analysis({ stepWeightsPromotion: [60, 101] }),
    "analysis.stepWeightsPromotion[1]: must be 1 to 100",
  ],
  ["a way back of nothing", analysis({ stepWeightsPromotion: [] }), "analysis.stepWeightsPromotion: needs a share"],
  [
    "A/B with affinity",
    analysis({ ...abTesting, sessionAffinity: { cookieName: "a" } }),
    "analysis.sessionAffinity: is for weights (stepWeight, stepWeights or steps): else nobody goes back and forth",
  ],
  ["a match of nothing", matched({}), "analysis.match[0]: needs a condition: headers, cookies, query or remoteAddr"],
  [
    "a header that is none",
    matched({ headers: { "x canary": { exact: "a" } } }),
    "analysis.match[0].headers.x canary: must be a token: letters, digits, and - _ .",
  ],
  [
    "a pattern that the gateway can't compile",
    matched({ headers: { a: { regex: "(" } } }),
    "analysis.match[0].headers.a.regex: is not a regular expression that the gateway can compile",
  ],
  [
    "an address that is none",
    matched({ remoteAddr: ["10.0.0"] }),
    "analysis.match[0].remoteAddr[0]: must be an IP address or a CIDR",
  ],
  ["a list of nothing", matched({ query: { a: { in: [] } } }), "analysis.match[0].query.a.in: needs a value"],
  [
    "a preview of a canary by weights",
    analysis({ preview: { path: "/preview" } }),
    "analysis.preview: is for blue/green: give iterations, and neither weights nor match",
  ],
  [
    "pods for the preview of a canary by weights",
    analysis({ previewReplicas: 1 }),
    "analysis.previewReplicas: is for blue/green; with steps give each its replicas",
  ],
  [
    "an old revision that stays beside weights",
    analysis({ scaleDownDelay: "5m" }),
    "analysis.scaleDownDelay: is for blue/green (iterations, and neither weights nor match): elsewhere the old pods serve until the promotion anyway, and drain is how long pods stay after weight 0",
  ],
  [
    "an old revision that stays in A/B",
    analysis({ ...abTesting, scaleDownDelay: "5m" }),
    "analysis.scaleDownDelay: is for blue/green (iterations, and neither weights nor match): elsewhere the old pods serve until the promotion anyway, and drain is how long pods stay after weight 0",
  ],
  [
    "an old revision that an autoscaler would take away",
    {
      replicas: undefined,
      autoscaler: { minReplicas: 1, maxReplicas: 2 },
      ...analysis({ ...blueGreen, scaleDownDelay: "2h" }),
    },
    "analysis.scaleDownDelay: an autoscaler keeps pods that nobody asks for 1h at most: at most 1h, or autoscaler external",
  ],
  [
    "an old revision that stays for nothing",
    analysis({ ...blueGreen, scaleDownDelay: 0 }),
    "analysis.scaleDownDelay: must be at least 1s",
  ],
  [
    "pods that stay for nothing after a failure",
    analysis({ abortScaleDownDelay: 0 }),
    "analysis.abortScaleDownDelay: must be at least 1s",
  ],
  [
    "iterations beside weights",
    analysis({ iterations: 3 }),
    "analysis.iterations: is for A/B (with match) and blue/green (without weights): leave it out, or stepWeight",
  ],
  [
    "a mirror with affinity",
    analysis({ mirror: true, sessionAffinity: { cookieName: "a" } }),
    "analysis.mirror: can't be had with sessionAffinity: leave one of them out",
  ],
  [
    "a mirror of less than whole seconds",
    analysis({ mirror: { timeout: "1500ms" } }),
    "analysis.mirror.timeout: must be whole seconds: the gateway ignores shorter ones",
  ],
  [
    "a mirror of its own length in blue/green",
    analysis({ ...blueGreen, mirror: { for: "1m" } }),
    "analysis.mirror.for: blue/green mirrors for its iterations: leave it out",
  ],
  [
    "a label of one role that selects its pods",
    { canaryMetadata: { labels: { app: "mine" } } },
    "canaryMetadata.labels.app: is the release's own: by it pods are selected, or their role is told",
  ],
  [
    "a label of one role that tells roles apart",
    { primaryMetadata: { labels: { "app.kubernetes.io/name": "mine" } } },
    "primaryMetadata.labels.app.kubernetes.io/name: is the release's own: by it pods are selected, or their role is told",
  ],
  [
    "an annotation of one role that is ours",
    { primaryMetadata: { annotations: { "apisix-canary.io/revision": "r1" } } },
    "primaryMetadata.annotations.apisix-canary.io/revision: is the release's own",
  ],
  [
    "a label of one role that the template has",
    {
      template: { metadata: { labels: { tier: "web" } }, spec: { containers: [{ name: "app" }] } },
      canaryMetadata: { labels: { tier: "canary" } },
    },
    "canaryMetadata.labels.tier: is in the template too: take it out there, and give it to both roles",
  ],
  [
    "a label of one role that is none",
    { canaryMetadata: { labels: { role: "of two words" } } },
    "canaryMetadata.labels.role: must be a label value",
  ],
  [
    "a baseline where nothing is compared",
    analysis({ ...blueGreen, baseline: true }),
    "analysis.baseline: blue/green compares only what comes by preview or mirror: give one of them, or leave it out",
  ],
  [
    "a baseline for metrics that aren't compared",
    analysis({ baseline: true, metrics: [{ ...rate, compare: false }, template("up")] }),
    "analysis.baseline: is for request-success-rate and request-duration, and none of them is compared: leave it out, or their compare: false",
  ],
  ["a baseline of no pods", analysis({ baseline: { replicas: 0 } }), "analysis.baseline.replicas: must be at least 1"],
  ["a window of nothing", analysis({ rollbackWindow: {} }), "analysis.rollbackWindow: needs revisions or time"],
];
