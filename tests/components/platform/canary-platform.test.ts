import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { CanaryPlatform, defaultLatencyBuckets } from "../../../components/index.js";
import type { CanaryPlatformArgs } from "../../../components/index.js";
import { at, byName, knownOf, only, refusal, register } from "../register.js";
import type { Registered } from "../register.js";

const bearerToken = "t0ken-of-the-test";

interface Deployed {
  readonly all: readonly Registered[];
  readonly platform: CanaryPlatform;
  /** What of the binding is known, and whether it is secret. */
  readonly bound: Readonly<Record<string, unknown>>;
}

async function deploy(args: Partial<CanaryPlatformArgs> = {}): Promise<Deployed> {
  const made: CanaryPlatform[] = [];
  let bound: Readonly<Record<string, unknown>> = {};
  const all = await register(() => {
    const platform = new CanaryPlatform("edge", { namespace: "apisix", ...args });
    made.push(platform);
    const { prometheusUrl, prometheus, ingressClassName, gatewayNamespace, gateway, latencyBuckets } = platform;
    bound = knownOf({ prometheusUrl, prometheus, ingressClassName, gatewayNamespace, gateway, latencyBuckets });
  });
  const platform = made[0] ?? expect.fail("no platform");
  return { all, platform, bound };
}

const deploymentsOf = ({ all }: Deployed): readonly string[] => Object.keys(byName(all, "Deployment")).toSorted();

describe("CanaryPlatform", function () {
  this.timeout(20_000);
  let whole: Deployed;
  before(async () => (whole = await deploy()));

  it("is gateway, controller, Prometheus, watchdog and the definitions", () => {
    expect(deploymentsOf(whole)).to.deep.equal([
      "apisix",
      "apisix-canary-watchdog",
      "apisix-ingress-controller",
      "flagger-prometheus",
    ]);
    expect(Object.keys(byName(whole.all, "CustomResourceDefinitionPatch"))).to.have.length(13);
  });

  it("tells releases where they run", () => {
    expect(whole.bound).to.deep.equal({
      prometheusUrl: "http://flagger-prometheus.apisix:9090",
      ingressClassName: "apisix",
      gatewayNamespace: "apisix",
      gateway: "apisix-gateway.apisix",
      latencyBuckets: [...defaultLatencyBuckets],
    });
    const { scrapeIntervalSeconds, gatewayReadsRetries, gatewayReadsMethods, watchdogAfterSeconds } = whole.platform;
    expect({ scrapeIntervalSeconds, gatewayReadsRetries, gatewayReadsMethods, watchdogAfterSeconds }).to.deep.equal({
      scrapeIntervalSeconds: 2,
      gatewayReadsRetries: true,
      gatewayReadsMethods: true,
      watchdogAfterSeconds: 30,
    });
  });

  it("does without a gateway, a controller or a watchdog of its own", async () => {
    const bare = await deploy({
      apisix: false,
      ingressController: false,
      ingressClassName: "edge",
      watchdog: false,
      definitions: false,
      createNamespace: false,
    });
    expect(deploymentsOf(bare)).to.deep.equal(["flagger-prometheus"]);
    expect(bare.all.some(({ type }) => /CustomResourceDefinition|:Namespace$/.test(type))).to.equal(false);
    expect(bare.bound["ingressClassName"]).to.equal("edge");
    const { gatewayReadsRetries, watchdogAfterSeconds, dependencies } = bare.platform;
    expect({ gatewayReadsRetries, watchdogAfterSeconds }).to.deep.equal({
      gatewayReadsRetries: false,
      watchdogAfterSeconds: undefined,
    });
    expect(dependencies).to.have.length(1);
  });

  it("asks a Prometheus that is there already, with credentials that stay secret", async () => {
    const prometheus = { url: "https://metrics.example.com/prom", bearerToken, tenant: "team-a" };
    const own = await deploy({ prometheus });
    expect(deploymentsOf(own)).not.to.include("flagger-prometheus");
    expect(own.bound["prometheusUrl"]).to.equal("https://metrics.example.com/prom");
    expect(own.bound["prometheus"]).to.deep.equal({ bearerToken, tenant: "team-a" });
    expect(own.platform.scrapeIntervalSeconds).to.equal(15);
    const access = own.platform.prometheus ?? expect.fail("no access");
    expect(await pulumi.isSecret(access)).to.equal(true);
    expect(JSON.stringify(own.all)).not.to.contain(bearerToken);
  });

  it("gives all parts the same options, where a part has none of its own", async () => {
    const pods = { imageRegistry: "hub.local", nodeSelector: { pool: "edge" }, priorityClassName: "edge" };
    const own = await deploy({ pods, watchdog: { nodeSelector: { pool: "other" } } });
    for (const [name, inputs] of Object.entries(byName(own.all, "Deployment"))) {
      const spec = at(inputs, "spec", "template", "spec");
      expect(at(spec, "containers", 0, "image"), name).to.match(/^hub\.local\//);
      expect(at(spec, "priorityClassName"), name).to.equal("edge");
      expect(at(spec, "nodeSelector", "pool"), name).to.equal(name === "apisix-canary-watchdog" ? "other" : "edge");
    }
  });

  it("deletes its definitions with itself only where it is told to", async () => {
    const own = await deploy({ definitions: { keepOnDestroy: false } });
    expect(Object.keys(byName(own.all, "CustomResourceDefinition"))).to.have.length(13);
    expect(Object.keys(byName(own.all, "CustomResourceDefinitionPatch"))).to.have.length(0);
  });

  it("takes a computed namespace", async () => {
    const own = await deploy({ namespace: pulumi.output("apisix") });
    expect(at(only(own.all, "Namespace"), "metadata", "name")).to.equal("apisix");
    expect(own.bound["gateway"]).to.equal("apisix-gateway.apisix");
  });

  it("shows no secret outside of Secrets", () => {
    const others = whole.all.filter(({ type }) => !type.endsWith(":Secret"));
    expect(JSON.stringify(others)).not.to.match(/generated-(private-)?key/);
  });

  it("refuses wrong arguments in one line, each part under its own name", async () => {
    const refused = (args: object): Promise<string> =>
      refusal(() => new CanaryPlatform("edge", Object.assign({ namespace: "apisix" }, args)));
    const wrong: readonly (readonly [object, string])[] = [
      [{ apisx: {} }, 'CanaryPlatform: unknown argument "apisx": did you mean "apisix"?'],
      [{ apisix: { replica: 2 } }, 'Apisix: unknown argument "replica": did you mean "replicas"?'],
      [{ watchdog: { replicas: 3 } }, "ReleaseWatchdog: replicas must be 1 or 2, not 3"],
      [{ pods: { toleration: [] } }, 'CanaryPlatform: unknown argument "pods.toleration": did you mean "tolerations"?'],
      [{ prometheus: { url: "metrics" } }, "CanaryPlatform: prometheus.url: must be an http or https URL"],
      [
        { prometheus: { url: "http://a/", bearertoken: "x" } },
        'CanaryPlatform: unknown argument "prometheus.bearertoken": did you mean "bearerToken"?',
      ],
      [
        { ingressClassName: "edge" },
        "CanaryPlatform: ingressClassName: is for ingressController: false; else give ingressController.ingressClassName",
      ],
    ];
    for (const [args, message] of wrong) expect(await refused(args)).to.equal(message);
  });
});
