import { differently, have, not } from "./feature.js";
import type { Chapter } from "./feature.js";

export const analysis: Chapter = {
  title: "Analysis",
  features: [
    {
      feature: "Analysis in the background of all steps",
      source: "features/analysis.md",
      answer: have("always, every `analysis.checkInterval`; built in for success rate and latency"),
      since: {
        setting: "analysis.background",
        ...have(
          "always, every `analysis.checkInterval`, built in for success rate and latency; more of them, with metrics and ends of their own: `analysis.background`",
        ),
      },
    },
    {
      feature: "Analysis as a step, with metrics of its own",
      source: "features/analysis.md",
      answer: differently("`pre-rollout` and `rollout` webhooks"),
      since: { setting: "analysis.steps", ...have("`analysis.steps[].metrics`") },
    },
    {
      feature: "AnalysisTemplate, ClusterAnalysisTemplate, arguments",
      source: "features/analysis.md",
      answer: differently("a `MetricTemplate` is a value of the program: shared by import; `templateVariables`"),
    },
    {
      feature: "Conditions as expressions (`successCondition`, `failureCondition`)",
      source: "features/analysis.md",
      answer: differently(
        "`thresholdRange` with `min` and `max`; what else there is to compute is computed in the query",
      ),
    },
    {
      feature: "A number of failed measurements (`failureLimit`, `consecutiveSuccessLimit`)",
      source: "features/analysis.md",
      answer: differently(
        "`analysis.threshold` as in Flagger, behind sequential tests on the canary's own requests (`confidence`): a disaster ends in seconds, chance takes nothing back",
      ),
    },
    {
      feature: "Inconclusive runs pause and wait for a person",
      source: "features/analysis.md",
      answer: have('`analysis.onUndecided: "hold"`; the default rolls back'),
    },
    {
      feature: "Errors of the provider (`consecutiveErrorLimit`)",
      source: "features/analysis.md",
      answer: have("`analysis.consecutiveErrorLimit`, and `onError` for each metric"),
    },
    {
      feature: "No data, NaN (expressions over `isNaN`, `len(result)`)",
      source: "features/analysis.md",
      answer: have("`onNoData`: hold, fail or ignore"),
    },
    { feature: "Dry run of a metric (`dryRun`)", source: "features/analysis.md", answer: have("`dryRun`") },
    {
      feature: "Delayed start (`initialDelay`, `startingStep`)",
      source: "features/analysis.md",
      answer: have("`analysis.initialDelay`, for all metrics"),
      since: {
        setting: "analysis.background",
        ...have("`analysis.initialDelay`, for all metrics; `from` of each analysis of `analysis.background`"),
      },
    },
    {
      feature: "Kept measurements and runs (`measurementRetention`, `ttlStrategy`, history limits)",
      source: "features/analysis.md",
      answer: differently(
        "the last run in full: `apisix-canary report`, as JSON or a page with charts; `replay` decides it again",
      ),
    },
    {
      feature: "Provider: Prometheus",
      source: "analysis/prometheus.md",
      answer: have("with token, tenant, headers, authority"),
    },
    {
      feature: "Provider: web (JSON)",
      source: "analysis/web.md",
      answer: have('`provider: { type: "web" }` with `jsonPath`'),
    },
    {
      feature: "Provider: Kubernetes Job",
      source: "analysis/job.md",
      answer: differently("webhooks; Flagger's load tester runs commands"),
    },
    {
      feature: "Providers: Datadog, New Relic, CloudWatch, Graphite, InfluxDB, Wavefront, Kayenta, SkyWalking",
      source: "features/analysis.md",
      answer: not("`web` asks any of them that answers a query in JSON"),
    },
    {
      feature: "Plugins for metrics, steps and traffic",
      source: "analysis/plugins.md",
      answer: differently("webhooks for steps, `web` for metrics; traffic is APISIX"),
    },
    {
      feature: "Secrets in analyses (`secretKeyRef`)",
      source: "features/analysis.md",
      answer: differently("`analysis` takes outputs; addresses, tokens and headers stay secret everywhere"),
    },
  ],
};
