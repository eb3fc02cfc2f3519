import { expect } from "chai";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { Apisix, defaultLatencyBuckets, defaultPlugins } from "../../../components/index.js";
import type { ApisixArgs } from "../../../components/index.js";
import { at, only, refusal, register } from "../register.js";
import type { Registered } from "../register.js";

const deploy = (args: Partial<ApisixArgs> = {}): Promise<readonly Registered[]> =>
  register(() => new Apisix("edge", { namespace: "apisix", ...args }));
const refused = (args: object): Promise<string> =>
  refusal(() => new Apisix("edge", Object.assign({ namespace: "apisix" }, args)));
const configOf = (all: readonly Registered[]): unknown => {
  const text = at(only(all, "ConfigMap", "apisix-config-"), "data", "config.yaml");
  return parse(typeof text === "string" ? text : "");
};

describe("Apisix", () => {
  let all: readonly Registered[];
  before(async () => (all = await deploy()));

  it("listens for http and https, and users reach both", () => {
    expect(at(configOf(all), "apisix", "node_listen")).to.deep.equal([{ port: 9080 }]);
    expect(at(configOf(all), "apisix", "ssl")).to.deep.equal({ enable: true, listen: [{ port: 9443 }] });
    expect(at(only(all, "Service", "apisix-gateway"), "spec", "ports")).to.deep.equal([
      { name: "http", port: 80, targetPort: 9080 },
      { name: "https", port: 443, targetPort: 9443 },
    ]);
    const open = at(only(all, "NetworkPolicy"), "spec", "ingress", 0, "ports");
    expect(open).to.deep.equal([9080, 9443, 9091, 7085].map((port) => ({ protocol: "TCP", port })));
    const named = at(only(all, "Deployment"), "spec", "template", "spec", "containers", 0, "ports");
    expect(named).to.deep.include({ name: "https", containerPort: 9443 });
  });

  it("shows its admin API to the controller alone", () => {
    expect(at(only(all, "NetworkPolicy"), "spec", "ingress", 1)).to.deep.equal({
      ports: [{ protocol: "TCP", port: 9180 }],
      from: [{ podSelector: { matchLabels: { app: "apisix-ingress-controller" } } }],
    });
  });

  it("redirects to the port of https that users reach", async () => {
    expect(at(configOf(all), "plugin_attr", "redirect", "https_port")).to.equal(443);
    const other = await deploy({ service: { ports: { http: 8080, https: 8443 } } });
    expect(at(configOf(other), "plugin_attr", "redirect", "https_port")).to.equal(8443);
    expect(at(only(other, "Service", "apisix-gateway"), "spec", "ports", 1, "port")).to.equal(8443);
  });

  it("has memory for the metrics of 1,000 pairs, and for their text", () => {
    const counters = at(configOf(all), "nginx_config", "http", "lua_shared_dict", "prometheus-metrics");
    expect(counters).to.equal("248m");
    expect(at(configOf(all), "nginx_config", "meta", "lua_shared_dict")).to.deep.equal({
      "prometheus-metrics": counters,
      "prometheus-cache": "122m",
    });
    const limit = at(only(all, "Deployment"), "spec", "template", "spec", "containers", 0, "resources", "limits");
    expect(limit).to.deep.equal({ memory: "1260Mi" });
  });

  it("grows that memory with the pairs and the buckets", async () => {
    const small = await deploy({ metricPairs: 100, latencyBuckets: [100, 500] });
    expect(at(configOf(small), "nginx_config", "http", "lua_shared_dict", "prometheus-metrics")).to.equal("7m");
  });

  it("drops series that had no request for an hour", async () => {
    const expiries = (config: unknown): unknown[] =>
      ["http_status", "http_latency", "bandwidth"].map((metric) =>
        at(config, "plugin_attr", "prometheus", "metrics", metric, "expire"),
      );
    expect(expiries(configOf(all))).to.deep.equal([3600, 3600, 3600]);
    expect(expiries(configOf(await deploy({ metricsExpireSeconds: 600 })))).to.deep.equal([600, 600, 600]);
  });

  it("labels every attempt, and reads and writes, but no method that clients invent", () => {
    const metrics = at(configOf(all), "plugin_attr", "prometheus", "metrics");
    const byMethod = { method_class: "$method_class" };
    expect(at(metrics, "http_status", "extra_labels")).to.deep.equal([
      { upstream_addr: "$upstream_addr" },
      { upstream_status: "$upstream_status" },
      byMethod,
    ]);
    expect(at(metrics, "http_latency", "extra_labels")).to.deep.equal([byMethod]);
    const snippet = at(configOf(all), "nginx_config", "http_configuration_snippet");
    expect(snippet).to.match(/^map \$request_method \$method_class \{\n {4}default other;\n {4}GET read;/);
    expect(snippet).not.to.match(/(POST|PUT|PATCH|DELETE) read/);
  });

  it("counts latencies at APISIX's own bounds and the limits between", async () => {
    expect(at(configOf(all), "plugin_attr", "prometheus", "default_buckets")).to.deep.equal([...defaultLatencyBuckets]);
    const own = await deploy({ latencyBuckets: [500, 350, 500, 100] });
    expect(at(configOf(own), "plugin_attr", "prometheus", "default_buckets")).to.deep.equal([100, 350, 500]);
  });

  it("adds the user's snippets to its own", async () => {
    const own = await deploy({
      nginxHttpSnippet: "client_body_buffer_size 1m;",
      nginxServerSnippet: "proxy_ignore_client_abort on;",
    });
    const { nginx_config: nginx } = configOf(own) as { nginx_config: Record<string, string> };
    expect(nginx["http_configuration_snippet"]).to.match(/^map [^]*\}\nclient_body_buffer_size 1m;$/);
    expect(nginx["http_server_configuration_snippet"]).to.equal("proxy_ignore_client_abort on;");
    expect(at(configOf(all), "nginx_config")).not.to.have.property("http_server_configuration_snippet");
    expect(await refused({ nginxHttpSnippet: "map $uri $method_class {}" })).to.equal(
      "Apisix: nginxHttpSnippet: $method_class is made here already; take another name for that map",
    );
  });

  it("adds the user's plugins and plugin attributes to its own", async () => {
    const own = await deploy({
      extraPlugins: ["opentelemetry", "cors"],
      pluginAttr: {
        opentelemetry: { set_ngx_var: true },
        prometheus: { metrics: { http_status: { extra_labels: [{ method: "$request_method" }] } } },
      },
    });
    expect(at(configOf(own), "plugins")).to.deep.equal([...defaultPlugins, "opentelemetry"]);
    expect(at(configOf(own), "plugin_attr", "opentelemetry")).to.deep.equal({ set_ngx_var: true });
    expect(at(configOf(own), "plugin_attr", "prometheus", "metrics", "http_status", "extra_labels")).to.deep.equal([
      { upstream_addr: "$upstream_addr" },
      { upstream_status: "$upstream_status" },
      { method_class: "$method_class" },
      { method: "$request_method" },
    ]);
  });

  it("takes no plugin attribute that would blind the checks", async () => {
    expect(await refused({ pluginAttr: { prometheus: { metric_prefix: "x_" } } })).to.equal(
      "Apisix: pluginAttr.prometheus.metric_prefix: the checks read apisix_",
    );
    expect(await refused({ pluginAttr: { prometheus: { refresh_interval: 15 } } })).to.equal(
      "Apisix: pluginAttr.prometheus.refresh_interval: give metricsRefreshSeconds",
    );
  });

  it("writes a configuration without anchors, which its parser does not know", () => {
    const text = at(only(all, "ConfigMap", "apisix-config-"), "data", "config.yaml");
    expect(text).not.to.match(/[&*]a\d/);
  });

  it("names its configuration by its content, so that a change replaces the pods", async () => {
    const nameOf = (resources: readonly Registered[]): string =>
      String(at(only(resources, "ConfigMap", "apisix-config-"), "metadata", "name"));
    expect(nameOf(all)).to.match(/^apisix-config-[0-9a-f]{10}$/);
    const changed = await deploy({ workerProcesses: 2 });
    expect(nameOf(changed)).not.to.equal(nameOf(all));
    const logical = changed.find(({ type }) => type.endsWith(":ConfigMap"))?.name;
    expect(logical).to.equal(nameOf(changed).replace("apisix-", "edge-"));
    const volume = at(only(changed, "Deployment"), "spec", "template", "spec", "volumes", 0, "configMap", "name");
    expect(volume).to.equal(nameOf(changed));
  });

  it("takes outputs wherever a program may compute something", async () => {
    const given = <T>(value: T): pulumi.Output<T> => pulumi.output(value) as pulumi.Output<T>;
    const own = await deploy({
      replicas: given(3),
      workerProcesses: given(2),
      metricPairs: given(10),
      latencyBuckets: given([100]),
      nginxHttpSnippet: given("keepalive_timeout 10s;"),
      shutdownSeconds: given(60),
      imageRegistry: given("registry.local"),
      service: { ports: { https: given(8443) } },
    });
    expect(at(only(own, "Deployment"), "spec", "replicas")).to.equal(3);
    expect(at(only(own, "Deployment"), "spec", "template", "spec", "terminationGracePeriodSeconds")).to.equal(65);
    expect(at(only(own, "Deployment"), "spec", "template", "spec", "containers", 0, "image")).to.equal(
      "registry.local/apache/apisix:3.17.0-debian",
    );
    expect(at(configOf(own), "nginx_config", "worker_processes")).to.equal(2);
    expect(at(configOf(own), "plugin_attr", "prometheus", "default_buckets")).to.deep.equal([100]);
    expect(own.find(({ type }) => type.endsWith(":ConfigMap"))?.name).to.equal("edge-config");
    expect(at(only(own, "ConfigMap"), "metadata", "name")).to.match(/^apisix-config-[0-9a-f]{10}$/);
    expect(at(only(own, "PodDisruptionBudget"), "spec", "maxUnavailable")).to.equal(1);
  });

  it("leaves its replicas to an autoscaler", async () => {
    const own = await deploy({ autoscaler: { minReplicas: 3, maxReplicas: 9, cpuUtilization: 60 } });
    const spec = at(only(own, "HorizontalPodAutoscaler"), "spec");
    expect(at(spec, "scaleTargetRef", "name")).to.equal("apisix");
    expect([at(spec, "minReplicas"), at(spec, "maxReplicas")]).to.deep.equal([3, 9]);
    expect(at(spec, "metrics", 0, "resource", "target", "averageUtilization")).to.equal(60);
    // Left out, an update that brings the autoscaler would set them to 1.
    expect(at(only(own, "Deployment"), "spec", "replicas")).to.equal(3);
    expect(all.some(({ type }) => type.endsWith(":HorizontalPodAutoscaler"))).to.equal(false);
  });

  it("tells the Prometheus Operator to scrape it, where asked", async () => {
    expect(all.some(({ type }) => type.endsWith(":PodMonitor"))).to.equal(false);
    const own = await deploy({ podMonitor: { labels: { release: "monitoring" }, namespace: "monitoring" } });
    const monitor = only(own, "PodMonitor");
    expect(at(monitor, "metadata")).to.deep.include({ namespace: "monitoring", labels: { release: "monitoring" } });
    expect(at(monitor, "spec")).to.deep.equal({
      selector: { matchLabels: { app: "apisix" } },
      namespaceSelector: { matchNames: ["apisix"] },
      podMetricsEndpoints: [
        { port: "metrics", path: "/apisix/prometheus/metrics", interval: "2s", scrapeTimeout: "2s" },
      ],
    });
    expect(at(only(await deploy({ podMonitor: true }), "PodMonitor"), "metadata", "namespace")).to.equal("apisix");
  });

  it("refuses wrong arguments in one line that names itself and the property", async () => {
    const wrong: readonly (readonly [object, string])[] = [
      [{ replica: 3 }, 'unknown argument "replica": did you mean "replicas"?'],
      [{ replica: 3, namespace: pulumi.output("apisix") }, 'unknown argument "replica": did you mean "replicas"?'],
      [{ service: { anotations: {} } }, 'unknown argument "service.anotations": did you mean "annotations"?'],
      [{ service: { ports: { tls: 1 } } }, 'unknown argument "service.ports.tls"'],
      [{ replicas: 0 }, "replicas: must be at least 1"],
      [{ replicas: 2, autoscaler: { maxReplicas: 3 } }, "replicas: give replicas or autoscaler, not both"],
      [{ autoscaler: { maxReplicas: 1 } }, "autoscaler.minReplicas: must not be above maxReplicas"],
      [{ latencyBuckets: [] }, "latencyBuckets: needs a bound"],
      [{ latencyBuckets: [0.5] }, "latencyBuckets: 0.5 must be a whole number of milliseconds, 1 to 3600000"],
      [{ metricPairs: 0 }, "metricPairs: must be at least 1"],
      [
        { serviceType: "NodePort", service: { type: "LoadBalancer" } },
        "serviceType: give serviceType or service.type, not both",
      ],
      [{ podDisruptionBudget: {} }, "podDisruptionBudget: needs minAvailable or maxUnavailable, not both"],
      [
        { imageRegistry: "https://registry local" },
        "imageRegistry: must be a registry, with or without a path, like registry.local/hub",
      ],
    ];
    for (const [args, message] of wrong) expect(await refused(args)).to.equal(`Apisix: ${message}`);
    expect(await refused({ adminKey: "12345678" })).to.match(/^Apisix: adminKey: must not look like a number/);
    expect(await refused({ adminKey: "12e34" })).to.match(/^Apisix: adminKey: must not look like a number/);
    expect(await refused({ adminKey: "4054f7cf07e344346cd3f287985e76a2" })).to.equal("");
  });
});
