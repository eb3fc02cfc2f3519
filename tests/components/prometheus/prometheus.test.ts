import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { parse } from "yaml";
import { Prometheus } from "../../../components/index.js";
import type { PrometheusArgs } from "../../../components/index.js";
import { templateOf } from "../pods/parts.js";
import { at, byName, only, refusal, register } from "../register.js";
import type { Registered } from "../register.js";

const deploy = (args: Partial<PrometheusArgs> = {}): Promise<readonly Registered[]> =>
  register(() => new Prometheus("p", { namespace: "apisix", ...args }));
const configOf = (all: readonly Registered[]): unknown =>
  parse(String(at(only(all, "ConfigMap"), "data", "prometheus.yml")));

describe("Prometheus", () => {
  let all: readonly Registered[];
  before(async () => (all = await deploy()));

  it("may find pods in the namespaces that it scrapes, and nothing else anywhere", async () => {
    const own = await deploy({ scrapeNamespaces: ["apisix", pulumi.output("test")] });
    expect(own.some(({ type }) => type.includes(":Cluster"))).to.equal(false);
    const roles = own.filter(({ type }) => type.endsWith(":Role"));
    expect(roles.map(({ inputs }) => at(inputs, "metadata"))).to.deep.equal([
      { name: "flagger-prometheus-apisix", namespace: "apisix" },
      { name: "flagger-prometheus-apisix", namespace: "test" },
    ]);
    for (const { inputs } of roles)
      expect(at(inputs, "rules")).to.deep.equal([
        { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] },
      ]);
    for (const { inputs } of own.filter(({ type }) => type.endsWith(":RoleBinding")))
      expect(at(inputs, "subjects")).to.deep.equal([
        { kind: "ServiceAccount", name: "flagger-prometheus", namespace: "apisix" },
      ]);
    expect(at(configOf(own), "scrape_configs", 0, "kubernetes_sd_configs", 0, "namespaces", "names")).to.deep.equal([
      "apisix",
      "test",
    ]);
  });

  it("scrapes often, within limits that a full gateway keeps", async () => {
    expect(at(configOf(all), "global", "scrape_interval")).to.equal("2s");
    expect(at(configOf(all), "scrape_configs", 0)).to.deep.include({
      sample_limit: 1_000_000,
      body_size_limit: "512MB",
    });
    const own = await deploy({ scrapeLimits: { samples: 5000, megabytes: 8 }, scrapeIntervalSeconds: 5 });
    expect(at(configOf(own), "scrape_configs", 0)).to.deep.include({ sample_limit: 5000, body_size_limit: "8MB" });
    expect(at(configOf(own), "global", "scrape_timeout")).to.equal("5s");
  });

  it("keeps samples as long, and takes flags, as it is told", async () => {
    const flags = (resources: readonly Registered[]): unknown => templateOf(resources).spec.containers[0]?.["args"];
    expect(flags(all)).to.deep.equal([
      "--config.file=/etc/prometheus/prometheus.yml",
      "--storage.tsdb.path=/prometheus",
      "--storage.tsdb.retention.time=2h",
      "--web.listen-address=0.0.0.0:9090",
    ]);
    const own = await deploy({ retention: "1d", retentionSize: "4GB", extraArgs: ["--log.level=warn"] });
    expect(flags(own)).to.include.members([
      "--storage.tsdb.retention.time=1d",
      "--storage.tsdb.retention.size=4GB",
      "--log.level=warn",
    ]);
  });

  it("starts anew with another configuration", async () => {
    const hashOf = (resources: readonly Registered[]): unknown =>
      at(templateOf(resources).metadata, "annotations", "apisix-canary.io/config");
    expect(hashOf(all)).to.match(/^[0-9a-f]{10}$/);
    expect(hashOf(await deploy({ scrapeIntervalSeconds: 3 }))).not.to.equal(hashOf(all));
  });

  it("answers under its name and port, with the Service that it is told to have", async () => {
    let url = "";
    const own = await register(() => {
      const annotations = { "service.example.com/internal": "true" };
      const service = { port: 80, type: "LoadBalancer", annotations, loadBalancerClass: "internal" } as const;
      const made = new Prometheus("p", { namespace: "apisix", name: "metrics", service });
      made.url.apply((known) => (url = known));
    });
    expect(url).to.equal("http://metrics.apisix:80");
    expect(at(byName(own, "Service")["metrics"], "spec")).to.deep.include({
      type: "LoadBalancer",
      loadBalancerClass: "internal",
      ports: [{ name: "http", port: 80, targetPort: 9090 }],
    });
    expect(at(byName(own, "Service")["metrics"], "metadata", "annotations")).to.have.property(
      "service.example.com/internal",
    );
  });

  it("refuses wrong arguments in one line", async () => {
    const refused = (args: object): Promise<string> =>
      refusal(() => new Prometheus("p", Object.assign({ namespace: "apisix" }, args)));
    expect(await refused({ colour: "blue" })).to.equal('Prometheus: unknown argument "colour"');
    expect(await refused({ retentions: "2h" })).to.equal(
      'Prometheus: unknown argument "retentions": did you mean "retention"?',
    );
    expect(await refused({ extraArgs: ["--config.file=/x"] })).to.equal(
      "Prometheus: extraArgs[0]: is set here already: give retention or service",
    );
    expect(await refused({ retentionSize: "4 gigs" })).to.equal(
      'Prometheus: retentionSize: must be a size like "512MB" or "4GB"',
    );
  });
});
