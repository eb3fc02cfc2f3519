import { expect } from "chai";
import { parse } from "yaml";
import { ApisixIngressController } from "../../../components/index.js";
import type { ApisixIngressControllerArgs } from "../../../components/index.js";
import { templateOf } from "../pods/parts.js";
import { at, byName, only, refusal, register } from "../register.js";
import type { Registered } from "../register.js";

const deploy = (args: Partial<ApisixIngressControllerArgs> = {}): Promise<readonly Registered[]> =>
  register(() => new ApisixIngressController("edge", { namespace: "apisix", ...args }));

describe("ApisixIngressController", () => {
  let all: readonly Registered[];
  before(async () => (all = await deploy()));

  it("gives the manager and ADC a place for a file of each push", () => {
    const { spec } = templateOf(all);
    for (const name of ["manager", "adc"]) {
      const container = spec.containers.find((each) => each.name === name);
      const mount = container?.volumeMounts?.find(({ mountPath }) => mountPath === "/tmp");
      const volume = spec.volumes?.find((each) => each["name"] === mount?.name);
      expect(volume?.["emptyDir"], name).to.deep.equal({ sizeLimit: "1Gi" });
    }
  });

  it("pushes to the gateway of this package, or to the one it is told of", async () => {
    expect(at(only(all, "GatewayProxy"), "spec", "provider", "controlPlane")).to.deep.equal({
      mode: "apisix-standalone",
      service: { name: "apisix-admin", port: 9180 },
      auth: {
        type: "AdminKey",
        adminKey: { valueFrom: { secretKeyRef: { name: "apisix-admin-key", key: "key" } } },
      },
    });
    const other = await deploy({ gateway: { service: "gw", port: 9999, keySecret: "gw-key", keyField: "admin" } });
    expect(at(only(other, "GatewayProxy"), "spec", "provider", "controlPlane")).to.deep.include({
      service: { name: "gw", port: 9999 },
      auth: { type: "AdminKey", adminKey: { valueFrom: { secretKeyRef: { name: "gw-key", key: "admin" } } } },
    });
  });

  it("refuses at admission what would freeze every push: routes, certificates, consumers", () => {
    const webhooks = at(only(all, "ValidatingWebhookConfiguration"), "webhooks") as readonly unknown[];
    expect(webhooks.map((each) => at(each, "rules", 0, "resources", 0))).to.deep.equal([
      "apisixroutes",
      "apisixtlses",
      "apisixconsumers",
    ]);
    expect(webhooks.map((each) => at(each, "clientConfig", "service", "path"))).to.deep.equal([
      "/validate-apisix-apache-org-v2-apisixroute",
      "/validate-apisix-apache-org-v2-apisixtls",
      "/validate-apisix-apache-org-v2-apisixconsumer",
    ]);
    // A controller that is away must not block a rollback.
    for (const each of webhooks) expect(at(each, "failurePolicy")).to.equal("Ignore");
  });

  it("does without a webhook, or without definitions", async () => {
    const bare = await deploy({ webhook: false, installCrds: false });
    const kinds = new Set(bare.map(({ type }) => type.split(":").at(-1)));
    for (const kind of ["ValidatingWebhookConfiguration", "GeneratedCertificate", "CustomResourceDefinitionPatch"])
      expect(kinds).not.to.include(kind);
  });

  it("may read what it watches and write the status of what has one, no more", () => {
    const rules = at(only(all, "ClusterRole"), "rules") as readonly { verbs: string[]; resources: string[] }[];
    const written = rules.filter(({ verbs }) => verbs.some((verb) => !["get", "list", "watch"].includes(verb)));
    expect(written.flatMap(({ resources }) => resources)).to.deep.equal([
      "ingresses/status",
      "apisixroutes/status",
      "apisixupstreams/status",
      "apisixpluginconfigs/status",
      "apisixglobalrules/status",
      "apisixtlses/status",
      "apisixconsumers/status",
      "consumers/status",
      "backendtrafficpolicies/status",
      "httproutepolicies/status",
      "l4routepolicies/status",
      "events",
    ]);
    expect(rules.flatMap(({ verbs }) => verbs)).not.to.include.oneOf(["*", "delete"]);
  });

  it("takes its periods, images, sizes and replicas from the program", async () => {
    const own = await deploy({
      syncPeriod: "5m",
      adcTimeout: "3s",
      image: "own/controller:1",
      adcImage: "own/adc:1",
      adcResources: { limits: { memory: "1Gi" } },
      replicas: 2,
      ingressClassName: "edge",
      defaultClass: true,
      podMonitor: true,
    });
    const config: unknown = parse(String(at(only(own, "ConfigMap"), "data", "config.yaml")));
    expect(at(config, "provider", "sync_period")).to.equal("5m");
    expect(at(config, "exec_adc_timeout")).to.equal("3s");
    const { spec } = templateOf(own);
    expect(spec.containers.map(({ image }) => image)).to.deep.equal(["own/controller:1", "own/adc:1"]);
    expect(at(spec.containers[1], "resources")).to.deep.equal({ limits: { memory: "1Gi" } });
    expect(at(only(own, "Deployment"), "spec", "replicas")).to.equal(2);
    expect(at(only(own, "IngressClass"), "metadata")).to.deep.include({ name: "edge" });
    expect(at(only(own, "PodMonitor"), "spec", "podMetricsEndpoints", 0, "path")).to.equal("/metrics");
  });

  it("keeps or deletes its definitions as it is told", async () => {
    const own = await deploy({ definitions: { keepOnDestroy: false } });
    expect(Object.keys(byName(own, "CustomResourceDefinition"))).to.have.length(12);
    expect(Object.keys(byName(all, "CustomResourceDefinitionPatch"))).to.have.length(12);
  });

  it("refuses wrong arguments in one line", async () => {
    const refused = (args: object): Promise<string> =>
      refusal(() => new ApisixIngressController("edge", Object.assign({ namespace: "apisix" }, args)));
    expect(await refused({ syncPeriod: "soon" })).to.equal(
      'ApisixIngressController: syncPeriod: must be a duration like "30s", "1m30s" or "2h"',
    );
    expect(await refused({ gateway: { sevice: "x" } })).to.equal(
      'ApisixIngressController: unknown argument "gateway.sevice": did you mean "service"?',
    );
  });
});
