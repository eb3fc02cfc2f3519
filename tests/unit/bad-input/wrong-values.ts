import { analysis, route, service, range, webhook } from "./subject.js";
import type { Wrong } from "./subject.js";

/** Types, settings that nobody knows, ranges. */
export const wrongValues: readonly Wrong[] = [
  // Types
  ["a namespace that is a number", { namespace: 7 }, "namespace: Invalid input: expected string, received number"],
  ["no namespace", { namespace: undefined }, "namespace: is missing (needs a string)"],
  ["no template", { template: undefined }, "template: is missing (needs a object)"],
  [
    "a largest weight out of all bounds",
    analysis({ maxWeight: 1e21 }),
    "analysis.maxWeight: must be a whole number; analysis.maxWeight: must be 1 to 100",
  ],
  [
    "containers that are no list",
    { template: { spec: { containers: {} } } },
    "template.spec.containers: Invalid input: expected array, received object",
  ],
  ["a service that is a text", { service: "80" }, "service: Invalid input: expected object, received string"],
  [
    "hosts that are a text",
    { route: { hosts: "app.example.com" } },
    "route.hosts: Invalid input: expected array, received string",
  ],
  ["replicas that are a text", { replicas: "2" }, "replicas: must be a whole number"],
  ["replicas that are no number", { replicas: NaN }, "replicas: must be a whole number"],
  ["an analysis that is a list", { analysis: [] }, "analysis: Invalid input: expected object, received array"],
  ["no analysis", { analysis: undefined }, "analysis: is missing (needs a object)"],
  ["skipAnalysis as a text", { skipAnalysis: "yes" }, "skipAnalysis: Invalid input: expected boolean, received string"],
  ["a kubeconfig that is an object", { kubeconfig: {} }, "kubeconfig: Invalid input: expected string, received object"],
  [
    "a threshold that is a text",
    analysis({ threshold: "3" }),
    "analysis.threshold: Invalid input: expected number, received string",
  ],
  [
    "metrics that are one metric",
    analysis({ metrics: {} }),
    "analysis.metrics: Invalid input: expected array, received object",
  ],
  [
    "configs that hold numbers",
    { configs: { app: { port: 80 } } },
    "configs.app.port: Invalid input: expected string, received number",
  ],
  [
    "metadata that holds an object",
    webhook({ metadata: { cmd: {} } }),
    "analysis.webhooks[0].metadata.cmd: Invalid input: expected string, received object",
  ],

  // Unknown settings
  ["an unknown setting", { wieght: 3 }, "wieght: is not a known setting"],
  [
    "an unknown setting of the service",
    service({ ports: [] }),
    'service.ports: is not a known setting: did you mean "port"?',
  ],
  [
    "an unknown setting of the route",
    route({ host: "a" }),
    'route.host: is not a known setting: did you mean "hosts"?',
  ],
  [
    "an unknown setting of the analysis",
    analysis({ stepweight: 5 }),
    'analysis.stepweight: is not a known setting: did you mean "stepWeight"?',
  ],
  ["an unknown setting of a webhook", webhook({ headers: {} }), "analysis.webhooks[0].headers: is not a known setting"],

  // Ranges
  ["port 0", service({ port: 0 }), "service.port: must be 1 to 65535"],
  ["a port above all", service({ port: 65_536 }), "service.port: must be 1 to 65535"],
  ["half a port", service({ port: 80.5 }), "service.port: must be a whole number"],
  ["a port that is infinite", service({ port: Infinity }), "service.port: must be a whole number"],
  [
    "a target port's name that is too long",
    service({ targetPort: "the-port-of-metrics" }),
    "service.targetPort: must have at most 15 characters",
  ],
  [
    "a target port's name of digits",
    service({ targetPort: "9898" }),
    "service.targetPort: must be a port's name: lower case letters, digits and '-'",
  ],
  ["negative replicas", { replicas: -1 }, "replicas: must be at least 1"],
  ["half a replica", { replicas: 1.5 }, "replicas: must be a whole number"],
  [
    "no pods at least",
    { autoscaler: { minReplicas: 0, maxReplicas: 3 } },
    "autoscaler.minReplicas: must be at least 1",
  ],
  [
    "an autoscaler upside down",
    { autoscaler: { minReplicas: 5, maxReplicas: 2 } },
    "autoscaler.minReplicas: must not be above maxReplicas",
  ],
  [
    "more CPU than there is",
    { autoscaler: { minReplicas: 1, maxReplicas: 2, cpuUtilization: 120 } },
    "autoscaler.cpuUtilization: must be 1 to 100",
  ],
  ["stepWeight 0", analysis({ stepWeight: 0 }), "analysis.stepWeight: must be 1 to 100"],
  [
    "stepWeight 101",
    analysis({ stepWeight: 101, maxWeight: 100 }),
    "analysis.stepWeight: must be 1 to 100; analysis.stepWeight: must not be above maxWeight 100",
  ],
  [
    "maxWeight 0",
    analysis({ maxWeight: 0 }),
    "analysis.maxWeight: must be 1 to 100; analysis.stepWeight: must not be above maxWeight 0",
  ],
  ["maxWeight 101", analysis({ maxWeight: 101 }), "analysis.maxWeight: must be 1 to 100"],
  ["half a percent", analysis({ stepWeight: 0.5 }), "analysis.stepWeight: must be a whole number"],
  ["a way back of -1", analysis({ stepWeightPromotion: -1 }), "analysis.stepWeightPromotion: must be 0 to 100"],
  [
    "a step of 0 in the list",
    analysis({ stepWeight: undefined, stepWeights: [0, 10] }),
    "analysis.stepWeights[0]: must be 1 to 100",
  ],
  [
    "a step above 100 in the list",
    analysis({ stepWeight: undefined, stepWeights: [50, 101] }),
    "analysis.stepWeights[1]: must be 1 to 100",
  ],
  ["readiness of nobody", analysis({ canaryReadyThreshold: 0 }), "analysis.canaryReadyThreshold: must be 1 to 100"],
  ["readiness above all", analysis({ primaryReadyThreshold: 101 }), "analysis.primaryReadyThreshold: must be 1 to 100"],
  ["certainty", analysis({ confidence: 1 }), "analysis.confidence: Too big: expected number to be <1"],
  ["a coin's confidence", analysis({ confidence: 0.5 }), "analysis.confidence: Too small: expected number to be >0.5"],
  ["no requests needed", analysis({ minRequests: 0 }), "analysis.minRequests: Too small: expected number to be >=1"],
  [
    "a limit of no error",
    analysis({ consecutiveErrorLimit: 0 }),
    "analysis.consecutiveErrorLimit: Too small: expected number to be >=1",
  ],
  ["eleven retries", webhook({ retries: 11 }), "analysis.webhooks[0].retries: must be 0 to 10"],
  ["-1 retries", webhook({ retries: -1 }), "analysis.webhooks[0].retries: must be 0 to 10"],
  [
    "a rate above 100%",
    range({ min: 101 }, "request-success-rate"),
    "analysis.metrics[0].thresholdRange.min: must be 0 to 100 percent",
  ],
  [
    "a rate below 0%",
    range({ min: -1 }, "request-success-rate"),
    "analysis.metrics[0].thresholdRange.min: must be 0 to 100 percent",
  ],
  ["a latency of nothing", range({ max: 0 }), "analysis.metrics[0].thresholdRange.max: must be above 0 ms"],
  [
    "a limit that is infinite",
    range({ max: Infinity }),
    "analysis.metrics[0].thresholdRange.max: Invalid input: expected number, received Infinity",
  ],
  [
    "a limit that is no number",
    range({ max: NaN }),
    "analysis.metrics[0].thresholdRange.max: Invalid input: expected number, received NaN",
  ],
  [
    "a primary that may be negative",
    analysis({ metrics: [{ name: "request-duration", compare: { maxIncrease: -1 } }] }),
    "analysis.metrics[0].compare.maxIncrease: must be 0 to 100",
  ],
];
