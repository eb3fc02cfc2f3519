import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { ExistingPlatform, ReleaseWatchdog } from "../../../components/index.js";
import type { ExistingPlatformArgs } from "../../../components/index.js";
import { byName, knownOf, refusal, register } from "../register.js";
import type { Registered } from "../register.js";

const password = "hunter2-of-the-test";
const args: ExistingPlatformArgs = {
  ingressClassName: "edge",
  gateway: { namespace: "gateways", metricPrefix: "edge_", readsRetries: true },
  prometheus: {
    url: "https://mimir.example.com/prometheus",
    headers: { "X-Team": "shop" },
    basicAuth: { username: "canary", password: pulumi.secret(password) },
    ca: "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n",
    tenant: "shop",
    scrapeIntervalSeconds: 5,
  },
};

async function bind(change: Partial<ExistingPlatformArgs> = {}) {
  const made: ExistingPlatform[] = [];
  let bound: Readonly<Record<string, unknown>> = {};
  const all = await register(() => {
    const platform = new ExistingPlatform("edge", { ...args, ...change });
    made.push(platform);
    const { ingressClassName, prometheusUrl, prometheus, metricPrefix, gatewayNamespace, latencyBuckets } = platform;
    bound = knownOf({ ingressClassName, prometheusUrl, prometheus, metricPrefix, gatewayNamespace, latencyBuckets });
  });
  const platform = made[0] ?? expect.fail("no platform");
  return { all, platform, bound };
}

const kinds = (all: readonly Registered[]): readonly string[] => all.map(({ type }) => type.split(":").at(-1) ?? "");

describe("ExistingPlatform", () => {
  it("tells releases of what is there, and installs nothing but our own definition", async () => {
    const { all, platform, bound } = await bind();
    expect(kinds(all)).to.deep.equal(["ExistingPlatform", "ReleaseDefinition", "CustomResourceDefinitionPatch"]);
    expect(bound).to.deep.equal({
      ingressClassName: "edge",
      prometheusUrl: "https://mimir.example.com/prometheus",
      prometheus: {
        headers: { "X-Team": "shop" },
        basicAuth: { username: "canary", password },
        ca: "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n",
        tenant: "shop",
      },
      metricPrefix: "edge_",
      gatewayNamespace: "gateways",
      latencyBuckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000],
    });
    expect(platform.scrapeIntervalSeconds).to.equal(5);
    expect(platform.gatewayReadsRetries).to.equal(true);
    expect(platform.gatewayReadsMethods).to.equal(false);
    expect(platform.watchdogAfterSeconds).to.equal(undefined);
    expect(platform.dependencies).to.have.length(1);
  });

  it("keeps every credential secret, a URL that holds one included", async () => {
    const { all, platform } = await bind({ prometheus: { url: "http://user:pass@prometheus.monitoring:9090" } });
    expect(platform.prometheus).to.equal(undefined);
    expect(await pulumi.isSecret(platform.prometheusUrl)).to.equal(true);
    expect(JSON.stringify(all)).not.to.contain("pass@");
    const other = await bind();
    expect(await pulumi.isSecret(other.platform.prometheus ?? expect.fail("no access"))).to.equal(true);
    expect(await pulumi.isSecret(other.platform.prometheusUrl)).to.equal(false);
    expect(JSON.stringify(other.all)).not.to.contain(password);
  });

  it("installs nothing at all where the definition is there", async () => {
    const { all, platform } = await bind({ definitions: false });
    expect(kinds(all)).to.deep.equal(["ExistingPlatform"]);
    expect(platform.dependencies).to.deep.equal([]);
  });

  it("has a watchdog made for it, or is told of one", async () => {
    const { all, platform } = await bind({ watchdog: { namespace: "canary", watchdogAfterSeconds: 20 } });
    expect(Object.keys(byName(all, "Deployment"))).to.deep.equal(["apisix-canary-watchdog"]);
    expect(platform.watchdogAfterSeconds).to.equal(20);
    const both = await register(() => {
      const watchdog = new ReleaseWatchdog("w", { namespace: "canary", watchdogAfterSeconds: 25 });
      const told = new ExistingPlatform("edge", { ...args, watchdog });
      expect(told.watchdogAfterSeconds).to.equal(25);
    });
    expect(Object.keys(byName(both, "Deployment"))).to.have.length(1);
  });

  it("refuses wrong arguments in one line that shows no credential", async () => {
    const refused = (change: object): Promise<string> =>
      refusal(() => new ExistingPlatform("edge", Object.assign({}, args, change)));
    const prometheus = (change: object): object => ({ prometheus: { url: "http://a/", ...change } });
    const wrong: readonly (readonly [object, string])[] = [
      [{ ingressClass: "edge" }, 'unknown argument "ingressClass"'],
      [{ ingressClasName: "edge" }, 'unknown argument "ingressClasName": did you mean "ingressClassName"?'],
      [{ ingressClassName: undefined }, "ingressClassName: is missing (needs a string)"],
      [{ gateway: {} }, "gateway.namespace: is missing (needs a string)"],
      [
        { gateway: { namespace: "a", metricPrefix: "9-" } },
        "gateway.metricPrefix: must be the beginning of a metric's name: letters, digits, '_' and ':'",
      ],
      [prometheus({ url: "ftp://a" }), "prometheus.url: must be an http or https URL"],
      [
        prometheus({ bearerToken: "tok-123456", basicAuth: { username: "a", password } }),
        "prometheus.basicAuth: give bearerToken or basicAuth, not both",
      ],
      [
        prometheus({ bearerToken: "tok-123456", headers: { authorization: "Bearer x" } }),
        "prometheus.headers: holds Authorization beside bearerToken or basicAuth",
      ],
      [
        prometheus({ tenant: "a", headers: { "X-Scope-OrgID": "b" } }),
        "prometheus.headers: holds X-Scope-OrgID beside tenant",
      ],
      [prometheus({ ca: "/etc/ca.pem" }), "prometheus.ca: must be a certificate in PEM"],
      [
        prometheus({ bearerToken: "two\nlines" }),
        "prometheus.bearerToken: must be one line without control characters",
      ],
      [prometheus({ tenants: "a" }), 'unknown argument "prometheus.tenants": did you mean "tenant"?'],
    ];
    for (const [change, message] of wrong) {
      const said = await refused(change);
      expect(said).to.equal(`ExistingPlatform: ${message}`);
      expect(said).not.to.contain(password).and.not.to.contain("tok-123456");
    }
  });
});
