import type { CanaryReleaseArgs } from "../../../components/canary-release/args.js";
import { validateArgs } from "../../../components/canary-release/validate.js";

const goodAnalysis = { interval: "10s", stepWeight: 10, maxWeight: 50, threshold: 10 };
const good: CanaryReleaseArgs = {
  namespace: "test",
  template: { spec: { containers: [{ name: "app", image: "app:1" }] } },
  service: { port: 80, targetPort: 9898 },
  route: { hosts: ["app.example.com"] },
  ingressClassName: "apisix",
  prometheusUrl: "http://flagger-prometheus.apisix:9090",
  analysis: goodAnalysis,
};

export type Change = Record<string, unknown>;
/** What is wrong, the change that makes it so, and the whole message. */
export type Wrong = readonly [string, Change, string];

export function messageOf(change: Change, name = "podinfo"): string {
  const args: CanaryReleaseArgs = Object.assign({}, good, change);
  try {
    validateArgs(name, args);
    return "accepted";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export const analysis = (change: Change): Change => ({ analysis: { ...goodAnalysis, ...change } });
export const route = (change: Change): Change => ({ route: { hosts: ["app.example.com"], ...change } });
export const service = (change: Change): Change => ({ service: { port: 80, ...change } });
export const range = (thresholdRange: unknown, name = "request-duration"): Change =>
  analysis({ metrics: [{ name, thresholdRange }] });
export const custom = (change: Change): Change =>
  analysis({
    metrics: [
      {
        name: "mine",
        thresholdRange: { max: 5 },
        template: { provider: { type: "prometheus" }, query: "up" },
        ...change,
      },
    ],
  });
export const web = (change: Change): Change =>
  custom({ template: { provider: { type: "web", address: "http://a/", jsonPath: "$.a", ...change } } });
export const webhook = (change: Change): Change =>
  analysis({ webhooks: [{ name: "hook", url: "http://hook/", ...change }] });
export const alert = (change: Change): Change =>
  analysis({ alerts: [{ name: "chat", provider: { type: "slack", address: "http://chat/", ...change } }] });
export const container = (name: unknown): Change => ({
  template: { spec: { containers: [{ name, image: "app:1" }] } },
});
export const long = (length: number): string => "a".repeat(length);

export const label = "must be a DNS label: lower case letters, digits and '-'";
export const url = "must be an http or https URL";
export const objectName = "must be an object name";
export const line = "must be one line without control characters";
export const variable = "must not contain quotes, backslashes or line breaks";
