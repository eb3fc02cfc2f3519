import http from "node:http";
import { expect } from "chai";
import { generate } from "selfsigned";
import { startTraffic } from "../../../sandbox/users/index.js";
import type { TrafficOptions } from "../../../sandbox/users/index.js";
import { apply, kubectl } from "../harness/apps.js";
import { at, core, deployment, eventually, releaseStatus } from "../harness/cluster.js";
import { edited, exampleText, firstProgram, plannedResources } from "../harness/examples.js";
import type { Env, Result } from "../harness/project.js";
import { walkExternalAutoscaler, walkGatesAndAlerts } from "./people.js";
import { walkStrategies } from "./strategies.js";
import { walkTutorial } from "./tutorial.js";
import { hurried, image, next, old, Walk } from "./walk.js";

// The programs that bring a platform of their own, one after the other in one stack, that of the tutorial: as its author
// goes from one to the next, the platform stays, and the release of the one before goes.

/** The programmable application, all of whose answers are errors. */
const failing = `image: "sandbox/faulty:${next}", env: [{ name: "FAIL_PERCENT", value: "100" }]`;
const noted: Env = { PULUMI_NODEJS_TRANSPILE_ONLY: "false" };

describe("programs with a platform of their own", () => {
  let walk: Walk;
  const update = (text: string, more: readonly string[] = []): Promise<Result> => walk.update(text, more);
  const shipped = (text: string): Promise<void> => walk.shipped(text);
  const promoted = (text: string, users: TrafficOptions): Promise<string> => walk.promoted(text, users);

  before(async () => {
    walk = await Walk.open();
    walk.project.write({ "index.ts": firstProgram("README.md") });
  });
  after(async () => {
    const { code, output } = await walk.project.destroy();
    expect(code, output).to.equal(0);
    await eventually("nothing is left", 60, async () => (await deployments()).length === 0);
  });

  const text = firstProgram("README.md");
  const host = "app.example.com";

  it("README's first one, pasted: previews, with its types checked", async () => {
    const { code, output } = await walk.project.preview(noted);
    expect(code, output).to.equal(0);
    expect(plannedResources(output), output).to.be.at.least(40);
  });

  it("README's first one: makes the platform and the first revision", async () => {
    await shipped(text);
    expect(await releaseStatus("test", "podinfo")).to.include({ phase: "Initialized" });
  });

  it("README's first one: ships the next revision, and takes a failing one back", async () => {
    const changed = edited(text, { ...hurried, [old]: next });
    await promoted(changed, { host, perSecond: 40 });
    expect((await deployment("test", "podinfo-primary")).image).to.equal(image(next));
    const users = startTraffic({ host, perSecond: 40 });
    const { code, output } = await update(edited(changed, { [`image: "${image(next)}"`]: failing }));
    await users.stop();
    expect(code).not.to.equal(0);
    expect(output).to.match(/success rate [\d.]+% < 99%/);
    expect(await releaseStatus("test", "podinfo")).to.include({ phase: "Failed", canaryWeight: 0 });
  });

  walkTutorial(() => walk);

  it("several-services: each on its own; one that fails takes none of the others back", async () => {
    const text = exampleText("several-services");
    await shipped(text);
    const users = ["catalog", "cart", "payment"].map((name) =>
      startTraffic({ host: `${name}.example.com`, perSecond: 30 }),
    );
    const changed = edited(text, {
      ...hurried,
      [`{ name: "cart", tag: "${old}" }`]: `{ name: "cart", tag: "${next}" }`,
      "image: `ghcr.io/stefanprodan/podinfo:${tag}`": `...(name === "payment" ? { ${failing} } : { image: \`${image("${tag}")}\` })`,
    });
    const { code, output } = await update(changed, ["--continue-on-error"]);
    const [catalog, cart] = await Promise.all(users.map((each) => each.stop()));
    expect(code).not.to.equal(0);
    expect(output).to.contain("Promotion completed! Scaling down cart.shop");
    expect(output).to.contain("Canary failed! Scaling down payment.shop");
    expect(output).not.to.contain("Advance catalog.shop");
    expect([catalog?.failed, cart?.failed]).to.deep.equal([0, 0]);
    expect((await deployment("shop", "cart-primary")).image).to.equal(image(next));
  });

  walkExternalAutoscaler(() => walk);

  it("release-train: two become one revision, and nobody notices", async () => {
    const text = exampleText("release-train");
    await shipped(text);
    const users = startTraffic({ host: "web.example.com", perSecond: 40 });
    const output = await promoted(edited(text, { ...hurried, [old]: next }), {
      host: "cart.example.com",
      perSecond: 40,
    });
    const { failed, samples } = await users.stop();
    expect(failed, samples.join("\n")).to.equal(0);
    for (const name of ["cart", "web"]) {
      expect(output).to.contain(`Promotion completed! Scaling down ${name}.shop`);
      expect((await deployment("shop", `${name}-primary`)).image).to.equal(image(next));
    }
  });

  it("custom-metric: the corrected query lets a release without 404s pass, and takes one with them back", async () => {
    const text = edited(exampleText("custom-metric"), { 'interval: "10s"': 'interval: "1s"' });
    const host = "app.example.com";
    await shipped(text);
    await promoted(edited(text, { [old]: next }), { host, perSecond: 40 });
    const users = [startTraffic({ host, perSecond: 40 }), startTraffic({ host, perSecond: 10, path: "/status/404" })];
    const { code, output } = await update(edited(text, { [old]: "6.0.3" }));
    await Promise.all(users.map((each) => each.stop()));
    expect(code).not.to.equal(0);
    expect(output).to.match(/404s percentage [\d.]+ > 5/);
    expect((await deployment("default", "podinfo-primary")).image).to.equal(image(next));
  });

  walkStrategies(() => walk);

  it("configuration: a changed secret is a revision, which the primary gets when it is promoted", async () => {
    const text = edited(exampleText("configuration"), {
      'interval: "30s"': 'interval: "1s"',
      "[1, 5, 20, 50]": "[20, 50]",
    });
    await shipped(text);
    const configured = await walk.project.run(["config", "set", "--secret", "token", "s3cret", "--stack", "dev"]);
    expect(configured.code, configured.output).to.equal(0);
    await promoted(text, { host: "shop.example.com", perSecond: 40 });
    expect(secretOf("shop-primary")).to.equal("s3cret");
  });

  it("simple: the smallest one", async () => {
    await shipped(exampleText("simple"));
    expect(await releaseStatus("default", "podinfo")).to.include({ phase: "Initialized" });
  });

  it("https: users speak it from the first revision on, and through a release; plain http is led there", async () => {
    const text = exampleText("https");
    await shipped(text);
    const host = "shop.example.com";
    const ca = await tlsSecret("shop", "shop-tls", host);
    await eventually("https answers", 30, async () => {
      const probe = startTraffic({ host, perSecond: 10, ca });
      await new Promise((resolve) => setTimeout(resolve, 500));
      return (await probe.stop()).failed === 0;
    });
    await promoted(edited(text, { ...hurried, [old]: next }), { host, perSecond: 40, ca });
    expect(await redirection(host)).to.deep.equal([301, `https://${host}/cart`]);
  });

  walkGatesAndAlerts(() => walk);
});

async function deployments(): Promise<readonly string[]> {
  const found: unknown = JSON.parse(kubectl("get", "deployments", "-A", "-o", "json"));
  const items = at(found, "items");
  return Promise.resolve((Array.isArray(items) ? items : []).map((each) => String(at(each, "metadata", "name"))));
}

/** What the pods of a Deployment get as TOKEN. */
function secretOf(name: string): string {
  const spec: unknown = JSON.parse(kubectl("get", "deployment", name, "-n", "default", "-o", "json"));
  const from = at(spec, "spec", "template", "spec", "containers", 0, "envFrom");
  const secret = (Array.isArray(from) ? from : []).map((each) => at(each, "secretRef", "name")).find(Boolean);
  const found: unknown = JSON.parse(kubectl("get", "secret", String(secret), "-n", "default", "-o", "json"));
  return Buffer.from(String(at(found, "data", "TOKEN")), "base64").toString();
}

/** What the gateway says to somebody who does without https. */
function redirection(host: string): Promise<readonly unknown[]> {
  return new Promise((resolve, reject) => {
    http
      .get({ host: "apisix-gateway.apisix", path: "/cart", headers: { host } }, (response) => {
        response.resume();
        resolve([response.statusCode, response.headers.location]);
      })
      .once("error", reject);
  });
}

/** A certificate for the host, as a team makes it; the authority that vouches for it. */
async function tlsSecret(namespace: string, name: string, host: string): Promise<string> {
  await core.readNamespace({ name: namespace });
  const extensions = [{ name: "subjectAltName" as const, altNames: [{ type: 2 as const, value: host }] }];
  const { cert, private: key } = await generate([{ name: "commonName", value: host }], { extensions });
  apply({
    apiVersion: "v1",
    kind: "Secret",
    type: "kubernetes.io/tls",
    metadata: { name, namespace },
    stringData: { "tls.crt": cert, "tls.key": key },
  });
  return cert;
}
