import { expect } from "chai";
import { fromFlagger } from "../../../components/from-flagger/index.js";
import { analysis, check } from "../../../release/settings/index.js";

const canary = `
apiVersion: flagger.app/v1beta1
kind: Canary
metadata:
  name: podinfo
  namespace: test
spec:
  provider: apisix
  targetRef: { apiVersion: apps/v1, kind: Deployment, name: podinfo }
  routeRef: { apiVersion: apisix.apache.org/v2, kind: ApisixRoute, name: podinfo }
  progressDeadlineSeconds: 60
  service: { port: 80, targetPort: 9898 }
  analysis:
    interval: 10s
    threshold: 10
    maxWeight: 50
    stepWeight: 10
    metrics:
      - name: request-success-rate
        thresholdRange: { min: 99 }
        interval: 1m
      - name: request-duration
        thresholdRange: { max: 500 }
        interval: 30s
      - name: "404s percentage"
        templateRef: { name: not-found-percentage }
        thresholdRange: { max: 5 }
        interval: 1m
    webhooks:
      - name: load-test
        url: http://flagger-loadtester.test/
        timeout: 5s
        type: rollout
        metadata:
          cmd: "hey -z 1m -q 10 -c 2 -host app.example.com http://apisix-gateway.apisix/api/info"
`;

const template = `
---
apiVersion: flagger.app/v1beta1
kind: MetricTemplate
metadata: { name: not-found-percentage, namespace: test }
spec:
  provider: { type: prometheus, address: "http://flagger-prometheus.apisix:9090" }
  query: |
    sum(rate(apisix_http_status{route=~"{{ namespace }}_{{ route }}-{{ target }}-canary_.+", code!~"4.."}[{{ interval }}]))
    / sum(rate(apisix_http_status{route=~"{{ namespace }}_{{ route }}-{{ target }}-canary_.+"}[{{ interval }}])) * 100
`;

describe("a Flagger Canary", () => {
  const taken = fromFlagger(canary + template);

  it("is taken as it is", () => {
    expect(taken.name).to.equal("podinfo");
    expect(taken.args).to.deep.include({
      namespace: "test",
      service: { port: 80, targetPort: 9898 },
      routeRef: { name: "podinfo" },
      progressDeadline: "60s",
    });
  });

  it("gives an analysis that our own schema accepts", () => {
    const checked = check(analysis, taken.args.analysis);
    expect(checked.kind, JSON.stringify(checked)).to.equal("valid");
    if (checked.kind !== "valid") return;
    expect(checked.settings).to.include({ interval: 10, threshold: 10, maxWeight: 50, stepWeight: 10 });
    expect(checked.settings.metrics.map(({ name }) => name)).to.deep.equal([
      "request-success-rate",
      "request-duration",
      "404s percentage",
    ]);
    expect(checked.settings.webhooks[0]).to.include({ name: "load-test", timeout: 5, type: "rollout" });
  });

  it("warns of the inverted template", () => {
    expect(taken.warnings.join("\n")).to.match(/not-found-percentage is inverted/);
  });

  it("names what it leaves out", () => {
    const warned = fromFlagger(
      canary.replace("  analysis:", "  suspend: true\n  analysis:").replace(/ {6}- name: "404s[\s\S]*?1m\n/, ""),
    );
    expect(warned.warnings).to.deep.equal(["spec.suspend is left out: what must not be released is not run"]);
  });

  it("keeps what Flagger promises of a deletion", () => {
    const of = (line: string) =>
      fromFlagger(canary.replace("  analysis:", `${line}  analysis:`) + template).args.revertOnDeletion;
    expect(of("  revertOnDeletion: true\n")).to.equal(true);
    expect(of("  revertOnDeletion: false\n")).to.equal(false);
    expect(of("")).to.equal(undefined);
  });

  it("says in one line what is missing", () => {
    expect(() => fromFlagger("kind: Service")).to.throw("needs one Canary, found 0");
    expect(() => fromFlagger(canary)).to.throw("refers to the MetricTemplate not-found-percentage");
    expect(() => fromFlagger(canary.replace("port: 80, ", ""))).to.throw(
      "spec.service.port: is missing (needs a number)",
    );
  });
});
