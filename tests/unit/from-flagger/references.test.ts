import { expect } from "chai";
import { canary, documents, metrics, refusal, takenFrom } from "./data.js";

const templated = `
metrics:
  - name: errors
    interval: 1m
    thresholdRange: { max: 5 }
    templateRef: { name: errors, namespace: monitoring }
    templateVariables: { zone: eu }`;

function template(change: { readonly namespace?: string; readonly spec?: string } = {}): string {
  return `
apiVersion: flagger.app/v1beta1
kind: MetricTemplate
metadata: { name: errors, namespace: ${change.namespace ?? "monitoring"} }
spec:
  provider: { type: prometheus, address: "http://prometheus.monitoring:9090" }
  query: 'sum(errors{canary="{{ name }}", zone="{{ variables.zone }}"})'
  ${change.spec ?? ""}`;
}

describe("a metric of a Canary", () => {
  it("is judged by the template of the namespace that it names", () => {
    const other = template({ namespace: "shop" }).replace("sum(", "max(");
    const { args, warnings } = takenFrom(documents(canary({ analysis: templated }), other, template()));
    expect(args.analysis.metrics).to.deep.equal([
      {
        name: "errors",
        interval: "1m",
        thresholdRange: { max: 5 },
        template: {
          provider: { type: "prometheus", address: "http://prometheus.monitoring:9090" },
          query: 'sum(errors{canary="app", zone="{{ variables.zone }}"})',
        },
        templateVariables: { zone: "eu" },
      },
    ]);
    expect(warnings).to.deep.equal(["MetricTemplate errors is left out: nothing refers to it"]);
  });

  it("whose template is in another namespace, or twice in the text, is refused", () => {
    const text = canary({ analysis: templated });
    expect(refusal(documents(text, template({ namespace: "shop" })))).to.equal(
      "Canary app (line 17): spec.analysis.metrics[0].templateRef: errors refers to the MetricTemplate errors (namespace monitoring), which is not in the text (one of namespace shop is)",
    );
    expect(refusal(documents(text, template(), template()))).to.match(
      /templateRef: MetricTemplate errors \(namespace monitoring\) is in the text more than once$/,
    );
  });

  it("whose query names a variable that is not there is refused at the query", () => {
    const without = templated.replace(/\n.*templateVariables.*/, "");
    expect(refusal(documents(canary({ analysis: without }), template()))).to.equal(
      "MetricTemplate errors (line 25): spec.query: names what is not there: {{ variables.zone }}",
    );
  });

  it("asks Flagger's own names as Flagger fills them in", () => {
    const analysis = `
metrics:
  - { name: errors, thresholdRange: { max: 1 }, query: 'errors{name="{{ name }}",ingress="{{ingress}}",target="{{ target }}"}' }`;
    const spec = "ingressRef: { apiVersion: networking.k8s.io/v1, kind: Ingress, name: front }";
    const text = canary({ analysis, spec }).replace("  name: app\n", "  name: app-canary\n");
    expect(takenFrom(text).args.analysis.metrics?.[0]).to.have.nested.property(
      "template.query",
      'errors{name="app-canary",ingress="front",target="{{ target }}"}',
    );
  });

  it("of a provider that can't be asked is refused, with what can", () => {
    const text = documents(canary({ analysis: templated }), template().replace("type: prometheus", "type: datadog"));
    expect(refusal(text)).to.equal(
      "MetricTemplate errors (line 25): spec.provider.type: datadog is not supported (supported: prometheus)",
    );
  });

  it("with credentials of its own loses them, and says so", () => {
    const secret = template().replace("type: prometheus,", "type: prometheus, secretRef: { name: key },");
    expect(takenFrom(documents(canary({ analysis: templated }), secret)).warnings).to.deep.equal([
      "MetricTemplate errors: spec.provider.secretRef is left out: queries go out without credentials of their own",
    ]);
  });
});

const alerting = `${metrics}
alerts:
  - { name: on call, severity: error, providerRef: { name: chat, namespace: alerts } }`;
const provider = (spec: string): string => `
apiVersion: flagger.app/v1beta1
kind: AlertProvider
metadata: { name: chat, namespace: alerts }
spec: { type: slack, channel: releases, username: canary, ${spec} }`;
const alertOf = (address: string) => ({
  name: "on call",
  severity: "error",
  provider: { type: "slack", address, channel: "releases", username: "canary" },
});

describe("an alert of a Canary", () => {
  const text = canary({ analysis: alerting });

  it("goes to its provider's address", () => {
    const taken = takenFrom(documents(text, provider('address: "https://chat.example.com/hook"')));
    expect(taken.args.analysis.alerts).to.deep.equal([alertOf("https://chat.example.com/hook")]);
    expect(taken.warnings).to.deep.equal([]);
  });

  it("has its address from a Secret: of the text, or as given", () => {
    const referring = documents(text, provider("secretRef: { name: chat-hook }"));
    const secret = (data: string): string =>
      `apiVersion: v1\nkind: Secret\nmetadata: { name: chat-hook, namespace: alerts }\n${data}`;
    const encoded = Buffer.from("https://chat.example.com/hook\n").toString("base64");
    for (const found of [
      takenFrom(documents(referring, secret(`data: { address: ${encoded}, other: x }`))),
      takenFrom(documents(referring, secret(`stringData: { address: "https://chat.example.com/hook" }`))),
      takenFrom(referring, { secrets: { "chat-hook": { address: "https://chat.example.com/hook" } } }),
    ]) {
      expect(found.args.analysis.alerts).to.deep.equal([alertOf("https://chat.example.com/hook")]);
      expect(found.warnings).to.deep.equal([]);
    }
  });

  it("whose address or provider is not known is left out, and says what to give", () => {
    expect(takenFrom(documents(text, provider("secretRef: { name: chat-hook }"))).warnings).to.deep.equal([
      'spec.analysis.alerts[0] is left out: its address is in Secret chat-hook (namespace alerts); give it as secrets: { "chat-hook": { address } }',
    ]);
    const { args, warnings } = takenFrom(text);
    expect(args.analysis.alerts).to.equal(undefined);
    expect(warnings).to.deep.equal([
      "spec.analysis.alerts[0] is left out: AlertProvider chat (namespace alerts) is not in the text",
    ]);
  });

  it("never shows its address in an error", () => {
    const message = refusal(documents(text, provider('address: "hunter2 is no address"')));
    expect(message).to.equal("AlertProvider chat (line 22): spec.address: must be an http or https URL");
  });

  it("without a severity, which Flagger never sends, is told everything", () => {
    const always = canary({ analysis: alerting.replace("severity: error, ", "") });
    const taken = takenFrom(documents(always, provider('address: "https://chat.example.com/"')));
    expect(taken.warnings).to.deep.equal([
      "spec.analysis.alerts[0] has no severity: Flagger never sends it, here everything is told",
    ]);
  });
});

describe("the autoscaler of a Canary", () => {
  const reference = (more = ""): string =>
    canary({
      analysis: metrics,
      spec: `autoscalerRef: { apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, name: app${more} }`,
    });
  const scaler = (spec: string, version = "v2", target = "app"): string => `
apiVersion: autoscaling/${version}
kind: HorizontalPodAutoscaler
metadata: { name: app, namespace: shop }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: ${target} }
  ${spec}`;
  const cpu = "{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 99 } } }";

  it("is its HorizontalPodAutoscaler, in every version of the API", () => {
    const expected = { minReplicas: 2, maxReplicas: 4, cpuUtilization: 99 };
    const limits = "minReplicas: 2\n  maxReplicas: 4";
    for (const text of [
      scaler(`${limits}\n  metrics: [${cpu}]`),
      scaler(`${limits}\n  targetCPUUtilizationPercentage: 99`, "v1"),
      scaler(
        `${limits}\n  metrics: [{ type: Resource, resource: { name: cpu, targetAverageUtilization: 99 } }]`,
        "v2beta1",
      ),
    ]) {
      const { args, warnings } = takenFrom(documents(reference(), text));
      expect(args.autoscaler).to.deep.equal(expected);
      expect(warnings).to.deep.equal([]);
    }
  });

  it("has Kubernetes' defaults where it says nothing", () => {
    const { args } = takenFrom(documents(reference(), scaler("maxReplicas: 4")));
    expect(args.autoscaler).to.deep.equal({ minReplicas: 1, maxReplicas: 4 });
  });

  it("takes the primary's own limits, for the canary too", () => {
    const text = documents(
      reference(", primaryScalerReplicas: { minReplicas: 6, maxReplicas: 40 }"),
      scaler("maxReplicas: 4"),
    );
    const { args, warnings } = takenFrom(text);
    expect(args.autoscaler).to.deep.equal({ minReplicas: 6, maxReplicas: 40 });
    expect(warnings).to.deep.equal([
      "HorizontalPodAutoscaler app: spec.maxReplicas is left out: primaryScalerReplicas holds",
      "spec.autoscalerRef.primaryScalerReplicas holds for the canary too",
    ]);
  });

  it("names what of it has no argument", () => {
    const memory =
      "{ type: Resource, resource: { name: memory, target: { type: Utilization, averageUtilization: 70 } } }";
    const behavior = "behavior: { scaleDown: { stabilizationWindowSeconds: 60 } }";
    const { warnings } = takenFrom(
      documents(reference(), scaler(`maxReplicas: 4\n  metrics: [${cpu}, ${memory}]\n  ${behavior}`)),
    );
    expect(warnings).to.deep.equal([
      "HorizontalPodAutoscaler app: spec.metrics[1] has no argument here and is left out",
      "HorizontalPodAutoscaler app: spec.behavior has no argument here and is left out",
    ]);
  });

  it("stays outside where it does not scale by CPU, or is not in the text", () => {
    const custom = "{ type: Pods, pods: { metric: { name: queue }, target: { type: AverageValue, averageValue: 5 } } }";
    for (const others of [[], [scaler(`maxReplicas: 4\n  metrics: [${custom}]`)]]) {
      const { args, warnings } = takenFrom(documents(reference(), ...others));
      expect(args.autoscaler).to.equal("external");
      expect(warnings).to.have.length(1);
      expect(warnings[0]).to.match(
        /^spec\.autoscalerRef to HorizontalPodAutoscaler app .*Deployment app-primary needs/,
      );
    }
  });

  it("of another workload, or with limits that no release can have, is refused at the autoscaler", () => {
    expect(refusal(documents(reference(), scaler("maxReplicas: 4", "v2", "other")))).to.equal(
      "HorizontalPodAutoscaler app (line 22): spec.scaleTargetRef.name: must be the Canary's target app",
    );
    expect(refusal(documents(reference(), scaler("maxReplicas: 4\n  minReplicas: 5")))).to.equal(
      "HorizontalPodAutoscaler app (line 24): spec.minReplicas: must not be above maxReplicas",
    );
  });
});
