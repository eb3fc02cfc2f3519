import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { analysis, messageOf } from "../bad-input/subject.js";

const wrong: readonly (readonly [string, Record<string, unknown>, string])[] = [
  ["an unknown setting", { wieght: 3 }, "wieght: is not a known setting"],
  ["no service port", { service: {} }, "service.port:"],
  ["a port out of range", { service: { port: 70000 } }, "service.port: must be 1 to 65535"],
  ["a port that is no number", { service: { port: "80" } }, "service.port:"],
  ["no route at all", { route: undefined }, "route: needs route or routeRef"],
  ["two kinds of route", { routeRef: { name: "podinfo" } }, "routeRef: give route or routeRef, not both"],
  ["no host", { route: { hosts: [] } }, "route.hosts: needs a host"],
  ["a host with a space", { route: { hosts: ["a b"] } }, "route.hosts[0]: must be a host name"],
  ["a path without slash", { route: { hosts: ["a"], paths: ["api"] } }, "route.paths[0]: must start with /"],
  ["an unknown method", { route: { hosts: ["a"], methods: ["FETCH"] } }, "route.methods[0]:"],
  ["no containers", { template: { spec: { containers: [] } } }, "template.spec.containers: needs a container"],
  [
    "min above max replicas",
    { autoscaler: { minReplicas: 5, maxReplicas: 2 } },
    "autoscaler.minReplicas: must not be above",
  ],
  [
    "replicas and autoscaler",
    { replicas: 2, autoscaler: { minReplicas: 1, maxReplicas: 2 } },
    "replicas: give replicas or",
  ],
  ["zero replicas", { replicas: 0 }, "replicas: must be at least 1"],
  ["a Prometheus address that is no URL", { prometheusUrl: "prometheus" }, "prometheusUrl: must be an http"],
  ["a Prometheus address of another protocol", { prometheusUrl: "ftp://x" }, "prometheusUrl: must be an http"],
  ["no Prometheus", { prometheusUrl: undefined }, "prometheusUrl: is missing"],
  ["no class", { ingressClassName: undefined }, "ingressClassName: is missing"],
  ["a bad duration", { progressDeadline: "soon" }, 'progressDeadline: not a duration: "soon"'],
  [
    "a name for config and secret",
    { configs: { a: {} }, secrets: { a: {} } },
    "secrets: a is also the name of a config",
  ],
  ["a weight above 100", analysis({ stepWeight: 140 }), "analysis.stepWeight: must be 1 to 100"],
  ["a negative weight", analysis({ stepWeight: -1 }), "analysis.stepWeight: must be 1 to 100"],
  ["a weight that is no whole number", analysis({ stepWeight: 1.5 }), "analysis.stepWeight: must be a whole number"],
  ["a weight above maxWeight", analysis({ stepWeight: 60 }), "analysis.stepWeight: must not be above maxWeight 50"],
  ["no steps", analysis({ stepWeight: undefined }), "analysis.stepWeight: needs stepWeight or stepWeights"],
  ["two kinds of steps", analysis({ stepWeights: [1, 2] }), "analysis.stepWeights: give stepWeight or stepWeights"],
  ["steps that fall", { analysis: { stepWeights: [10, 5] } }, "analysis.stepWeights: must ascend"],
  ["no interval below 1s", analysis({ interval: "100ms" }), "analysis.interval: must be at least 1s"],
  ["words for an interval", analysis({ interval: "ten seconds" }), "analysis.interval: not a duration"],
  ["a threshold of zero", analysis({ threshold: 0 }), "analysis.threshold:"],
  ["empty metrics", analysis({ metrics: [] }), "analysis.metrics: needs at least one metric"],
  [
    "a metric without limit",
    analysis({ metrics: [{ name: "request-duration" }] }),
    "analysis.metrics[0].thresholdRange",
  ],
  [
    "a metric twice",
    analysis({ metrics: [1, 2].map(() => ({ name: "request-duration", thresholdRange: { max: 5 } })) }),
    "analysis.metrics[1].name: request-duration is there twice",
  ],
  [
    "a range upside down",
    analysis({ metrics: [{ name: "request-duration", thresholdRange: { min: 9, max: 5 } }] }),
    "min must not be above max",
  ],
  [
    "an unknown webhook type",
    analysis({ webhooks: [{ name: "a", url: "http://a/", type: "whenever" }] }),
    'analysis.webhooks[0].type: unknown webhook type "whenever"',
  ],
  [
    "a webhook to a file",
    analysis({ webhooks: [{ name: "a", url: "file:///etc/passwd" }] }),
    "analysis.webhooks[0].url:",
  ],
  ["a check interval longer than the step", analysis({ checkInterval: "1m" }), "analysis.checkInterval:"],
  ["a confidence of 1", analysis({ confidence: 1 }), "analysis.confidence:"],
];

describe("arguments of CanaryRelease", () => {
  it("accepts the article's", () => expect(messageOf({})).to.equal("accepted"));

  it("does not hold against the user what is not known yet", () => {
    const url = pulumi.output("http://prometheus:9090");
    expect(messageOf({ prometheusUrl: url, namespace: pulumi.output("test") })).to.equal("accepted");
  });

  for (const [title, change, expected] of wrong) {
    it(`refuses ${title} in one line that names the property`, () => {
      const message = messageOf(change);
      expect(message).to.contain(expected);
      expect(message).not.to.contain("\n");
    });
  }

  it("refuses a name that no object can have", () => {
    expect(messageOf({}, "Pod_Info")).to.contain("name: must be a DNS label");
  });
});
