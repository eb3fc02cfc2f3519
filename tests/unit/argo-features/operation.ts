import { differently, have, not } from "./feature.js";
import type { Chapter } from "./feature.js";

export const traffic: Chapter = {
  title: "Traffic and pods",
  features: [
    {
      feature: "Apache APISIX (`ApisixRoute`)",
      source: "features/traffic-management/apisix.md",
      answer: have("`route` of its own, or `routeRef`: the source is never changed"),
    },
    {
      feature: "NGINX, ALB, Istio, SMI, Traefik, Ambassador, Kong, Gateway API, several at once",
      source: "features/traffic-management/index.md",
      answer: not("APISIX alone"),
    },
    {
      feature: "Ping-pong Services (no selector changes at promotion)",
      source: "features/specification.md",
      answer: have("always: no Service's selector ever changes after the first update"),
    },
    {
      feature: "`workloadRef`, with `scaleDown`",
      source: "migrating.md",
      answer: differently("`adopt: { deployment }`, without a lost request, and given back by a destroy"),
    },
    {
      feature: "HorizontalPodAutoscaler",
      source: "features/hpa-support.md",
      answer: have('`autoscaler`, or `"external"` for HPAs of your own and KEDA'),
    },
    { feature: "VerticalPodAutoscaler", source: "features/vpa-support.md", answer: not("nothing is known of one") },
    {
      feature: "Anti-affinity between versions",
      source: "features/anti-affinity/anti-affinity.md",
      answer: differently("`affinity` of the template"),
    },
    {
      feature: "Metadata for the time of a role (`canaryMetadata`, `stableMetadata`)",
      source: "features/ephemeral-metadata.md",
      answer: have("`canaryMetadata`, `primaryMetadata`; no change of them is judged, in either"),
    },
    {
      feature: "`progressDeadlineSeconds`, `progressDeadlineAbort`",
      source: "features/specification.md",
      answer: have("`progressDeadline`; it always takes back"),
    },
    { feature: "`minReadySeconds`", source: "features/specification.md", answer: have("`deployment.minReadySeconds`") },
    {
      feature: "Restart of all pods without a rollout",
      source: "features/restart.md",
      answer: not("an annotation in the template is another revision, which is judged"),
    },
  ],
};

export const people: Chapter = {
  title: "For people",
  features: [
    {
      feature: "`get rollout --watch`, `status`",
      source: "features/kubectl-plugin.md",
      answer: have(
        "`apisix-canary status`, `watch`; `kubectl get canaryreleases`; `kubectl wait --for=condition=Promoted`",
      ),
    },
    {
      feature: "`promote`, `promote --full`",
      source: "generated/kubectl-argo-rollouts/kubectl-argo-rollouts_promote.md",
      answer: have("`apisix-canary approve`, `promote`, `promote --skip-gates`"),
    },
    {
      feature: "`abort`, `pause`",
      source: "generated/kubectl-argo-rollouts/kubectl-argo-rollouts_abort.md",
      answer: have("`apisix-canary abort`, `pause`, `resume`"),
    },
    {
      feature: "`retry`, `undo`, `set image`",
      source: "generated/kubectl-argo-rollouts/kubectl-argo-rollouts_undo.md",
      answer: differently("`pulumi up`, with the same program, the one before, or another tag"),
    },
    {
      feature: "`lint`",
      source: "generated/kubectl-argo-rollouts/kubectl-argo-rollouts_lint.md",
      answer: have("`pulumi preview`: every argument, with its path and the nearest known name"),
    },
    {
      feature: "Dashboard",
      source: "dashboard.md",
      answer: differently("`apisix-canary report --html`: a page for each run, no server"),
    },
    {
      feature: "Notifications (triggers, templates, services)",
      source: "features/notifications.md",
      answer: differently(
        "`analysis.alerts`: Slack, Discord, Rocket, Teams, Google Chat, Alertmanager; texts of ours; `event` webhooks for the rest",
      ),
    },
    {
      feature: "Metrics of the controller",
      source: "features/controller-metrics.md",
      answer: differently("the watchdog exports what each release is doing: [metrics](operations/metrics.md)"),
    },
  ],
};

export const places: Chapter = {
  title: "Where it runs",
  features: [
    {
      feature: "A controller in each cluster, with leader election",
      source: "FAQ.md",
      answer: differently(
        "none: the analysis is part of `pulumi up`, for any cluster that a kubeconfig reaches; `ReleaseWatchdog` takes back what loses its update",
      ),
    },
    {
      feature: "GitOps with Argo CD",
      source: "FAQ.md",
      answer: differently(
        "a Pulumi program and its pipeline: [`examples/github-actions`](../examples/github-actions/README.md)",
      ),
    },
    {
      feature: "Helm, Kustomize",
      source: "features/helm.md",
      answer: differently("TypeScript, Python, Go, C#, Java, YAML: [languages](languages.md)"),
    },
  ],
};
