import { expect } from "chai";
import { analysis, check } from "../../../release/settings/index.js";
import { documents, manifest, takenFrom } from "./data.js";

describe("Canaries as people wrote them", () => {
  describe("the article's, verbatim", () => {
    const article = documents(manifest("article-route"), manifest("article-canary"), manifest("article-template"));

    it("is the article's release", () => {
      const { name, args } = takenFrom(article);
      expect(name).to.equal("podinfo");
      expect(args).to.deep.equal({
        namespace: "test",
        service: { port: 80, targetPort: 9898 },
        routeRef: { name: "podinfo" },
        progressDeadline: "60s",
        analysis: {
          interval: "10s",
          threshold: 10,
          maxWeight: 50,
          stepWeight: 10,
          metrics: [
            { name: "request-success-rate", interval: "1m", thresholdRange: { min: 99 }, compare: false },
            { name: "request-duration", interval: "30s", thresholdRange: { max: 500 }, compare: false },
          ],
          webhooks: [
            {
              name: "load-test",
              type: "rollout",
              url: "http://flagger-loadtester.test/",
              timeout: "5s",
              metadata: {
                cmd: "hey -z 1m -q 10 -c 2 -h2 -host app.example.com http://apisix-gateway.apisix/api/info",
              },
            },
          ],
        },
      });
    });

    it("without its template needs no warning", () => {
      expect(takenFrom(manifest("article-canary")).warnings).to.deep.equal([]);
    });

    it("names what the template says at the wrong place, and that it is inverted", () => {
      const [inverted, unused, misplaced, ...others] = takenFrom(article).warnings;
      expect(inverted).to.match(
        /^MetricTemplate not-found-percentage is inverted: .* write \(sum\(.*code="404".*\) or vector\(0\)\) \/ sum\(.*\) \* 100$/,
      );
      expect(unused).to.equal("MetricTemplate not-found-percentage is left out: nothing refers to it");
      expect(misplaced).to.equal(
        "MetricTemplate not-found-percentage: spec.analysis has no argument here and is left out (Flagger has it at spec.analysis)",
      );
      expect(others).to.deep.equal([]);
    });

    it("with the metric in its Canary, as the article means it, is judged by the template", () => {
      const [template = "", metric = ""] = manifest("article-template").split(/^#.*\n {2}analysis:\n {4}metrics:\n/m);
      const meant = documents(
        manifest("article-canary").replace(/^ {4}webhooks:/m, `${metric}    webhooks:`),
        template,
      );
      const { args, warnings } = takenFrom(meant);
      expect(args.analysis.metrics?.[2]).to.deep.include({ name: "404s percentage", thresholdRange: { max: 5 } });
      expect(args.analysis.metrics?.[2]).to.have.nested.property("template.provider.address");
      expect(warnings.map((line) => line.split(":")[0])).to.deep.equal([
        "MetricTemplate not-found-percentage is inverted",
      ]);
    });
  });

  it("a Canary that is not called like its target: the release is, and says so", () => {
    const { name, args, warnings } = takenFrom(manifest("canary-name-is-not-target-name"));
    expect(name).to.equal("storefront");
    expect(args.routeRef).to.deep.equal({ name: "storefront" });
    expect(warnings).to.deep.equal(["metadata.name is left out: the release is called storefront, after its target"]);
  });

  it("every field of the service that has no part in it is named", () => {
    const { args, warnings } = takenFrom(manifest("service-fields-dropped"));
    expect(args.service).to.deep.equal({ port: 80, targetPort: 8080 });
    const named = warnings.map((line) => line.split(" ")[0]);
    expect(named).to.deep.equal([
      "spec.service.portDiscovery",
      "spec.service.appProtocol",
      "spec.service.timeout",
      "spec.service.retries",
      "spec.service.hosts",
      "spec.service.match",
      "spec.service.headers",
      "spec.service.apex",
      "spec.service.primary",
      "spec.analysis",
    ]);
    expect(warnings[2]).to.equal(
      "spec.service.timeout is left out: the rules of ApisixRoute ledger hold, as with Flagger on APISIX",
    );
  });

  it("an autoscaler of KEDA stays outside, and its primary's limits are named", () => {
    const { args, warnings } = takenFrom(manifest("autoscaler-ref-dropped"));
    expect(args.autoscaler).to.equal("external");
    expect(warnings).to.deep.equal([
      "spec.autoscalerRef.primaryScalerReplicas is left out: say it in the primary's own autoscaler",
      'spec.autoscalerRef to ScaledObject worker-api (namespace shop), which is not in the text, is kept outside ("external"): Deployment worker-api-primary needs one of its own',
    ]);
  });

  it("the old threshold is the least success rate, and the most of anything else; hooks at the wrong place are named", () => {
    const { args, warnings } = takenFrom(manifest("old-metric-threshold"));
    expect(args.analysis.metrics).to.deep.equal([
      { name: "request-success-rate", interval: "1m", thresholdRange: { min: 99 }, compare: false },
      { name: "request-duration", interval: "1m", thresholdRange: { max: 500 }, compare: false },
    ]);
    expect(warnings).to.deep.equal([
      "spec.webhooks has no meaning here and is left out (Flagger has it at spec.analysis.webhooks)",
    ]);
  });

  it("without metrics the defaults hold, and are said", () => {
    const { args, warnings } = takenFrom(manifest("no-metrics"));
    const checked = check(analysis, args.analysis);
    expect(checked.kind === "valid" && checked.settings.metrics.map(({ name }) => name)).to.deep.equal([
      "request-success-rate",
      "request-duration",
    ]);
    expect(warnings).to.deep.equal([
      "spec.analysis names no metrics: the defaults hold, a success rate of at least 99% and a P99 of at most 500 ms",
    ]);
  });

  it("twenty steps of five minutes and a gate are taken as they are", () => {
    const { args, warnings } = takenFrom(manifest("long-analysis"));
    expect(args.analysis).to.deep.include({ interval: "5m", maxWeight: 100, stepWeight: 5 });
    expect(args.analysis.webhooks?.[0]).to.deep.include({ type: "confirm-promotion", timeout: "10s" });
    expect(warnings).to.deep.equal([]);
  });

  it("as the cluster gives them, with all that it keeps for itself, need no warning more", () => {
    const live = manifest("article-canary").replace(
      "  name: podinfo\n",
      '  name: podinfo\n  uid: 1b4e\n  generation: 3\n  finalizers: [a/b]\n  annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}" }\n  managedFields: [{ manager: kubectl }]\n',
    );
    const text = `${live}status:\n  phase: Succeeded\n  failedChecks: 1\n`;
    expect(takenFrom(text).warnings).to.deep.equal([]);
    expect(takenFrom(text).args).to.deep.equal(takenFrom(manifest("article-canary")).args);
  });

  it("without a namespace go where they are told, else into default, which is said", () => {
    const text = manifest("article-canary").replace("  namespace: test\n", "");
    expect(takenFrom(text).args.namespace).to.equal("default");
    expect(takenFrom(text).warnings).to.deep.equal(["metadata has no namespace: default is taken"]);
    const told = takenFrom(text, { namespace: "test" });
    expect([told.args.namespace, told.warnings]).to.deep.equal(["test", []]);
  });
});
