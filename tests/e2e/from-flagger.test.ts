import { readFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { startTraffic } from "../../sandbox/users/index.js";
import { kubectl, specOf } from "./harness/apps.js";
import { apps, deployment, eventually, releaseStatus } from "./harness/cluster.js";
import { UserProject } from "./harness/project.js";
import { prometheusUrl } from "./harness/stacks.js";

// The manifests of the article as they are printed, and its story: `fromFlagger` in a project of its own.

const namespace = "test";
const host = "app.example.com";
const data = path.resolve(__dirname, "../../../tests/unit/from-flagger/data");
const parts = ["route", "canary", "template"].map((part) => `article-${part}.yaml`);
const manifests = Object.fromEntries(parts.map((file) => [file, readFileSync(path.join(data, file), "utf8")]));

const pod = {
  securityContext: { runAsNonRoot: true, runAsUser: 10_001, seccompProfile: { type: "RuntimeDefault" } },
  containers: [
    {
      name: "podinfod",
      image: "IMAGE",
      command: ["./podinfo", "--port=9898"],
      ports: [{ name: "http", containerPort: 9898 }],
      readinessProbe: { httpGet: { path: "/readyz", port: 9898 }, periodSeconds: 1 },
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    },
  ],
};

const program = `const { readFileSync } = require("node:fs");
const pulumi = require("@pulumi/pulumi");
const { CanaryRelease, fromFlagger } = require("pulumi-apisix-canary");

const text = ${JSON.stringify(parts)}.map((file) => readFileSync(file, "utf8")).join("\\n---\\n");
const { name, args, warnings } = fromFlagger(text);
warnings.forEach((warning) => void pulumi.log.warn(warning));
new CanaryRelease(name, {
  ...args,
  template: { spec: ${JSON.stringify(pod).replace('"IMAGE"', "`ghcr.io/stefanprodan/podinfo:${process.env.TAG}`")} },
  ingressClassName: "apisix",
  prometheusUrl: ${JSON.stringify(prometheusUrl)},
});
`;

describe("the article's manifests, verbatim", () => {
  let project: UserProject;
  let routeBefore: string;

  before(async () => {
    project = await UserProject.create("article", { "index.js": program, ...manifests });
    kubectl("apply", "-f", path.join(project.folder, "article-route.yaml"));
    routeBefore = await specOf(namespace, "podinfo");
  });
  after(() => {
    kubectl("delete", "apisixroute", "podinfo", "-n", namespace, "--ignore-not-found");
  });

  it("initialize 6.0.0, with a warning of what they say in vain", async () => {
    const update = await project.up({ TAG: "6.0.0" });
    expect(update.code, update.output).to.equal(0);
    expect(update.output).to.contain("MetricTemplate not-found-percentage is left out: nothing refers to it");
    expect(update.output).to.contain("Initialization done! podinfo.test");
    const { items } = await apps.listNamespacedDeployment({ namespace });
    expect(items.map(({ metadata }) => metadata?.name)).to.include.members(["podinfo", "podinfo-primary"]);
  });

  it("promote 6.0.1 on the traffic of their own webhook, under users who all get an answer", async () => {
    const users = startTraffic({ host, perSecond: 20 });
    const update = await project.up({ TAG: "6.0.1" });
    const tally = await users.stop();
    expect(update.code, update.output).to.equal(0);
    for (const weight of [10, 20, 30, 40, 50])
      expect(update.output).to.contain(`Advance podinfo.test canary weight ${weight}`);
    expect(update.output).to.contain("Promotion completed! Scaling down podinfo.test");
    expect(tally.failed, tally.samples.join()).to.equal(0);
    expect(tally.byVersion.get("6.0.1")?.total ?? 0).to.be.greaterThan(0);
    expect(await releaseStatus(namespace, "podinfo")).to.include({ phase: "Succeeded" });
  });

  it("take 6.0.2 back on http 500s, and 6.0.3 on latency, which begin while each is in analysis", async () => {
    const troubles = [
      { tag: "6.0.2", path: "/status/500", perSecond: 25, why: /success rate [\d.]+% < 99%/ },
      { tag: "6.0.3", path: "/delay/1", perSecond: 10, why: /request duration [\d.]+m?s > 500ms/ },
    ];
    for (const { tag, path: trouble, perSecond, why } of troubles) {
      const users = startTraffic({ host, perSecond: 20 });
      const update = project.begin({ TAG: tag });
      await eventually(`${tag} is in analysis`, 60, () =>
        Promise.resolve(update.output.includes("Advance podinfo.test canary weight 10")),
      );
      const others = startTraffic({ host, path: trouble, perSecond });
      const { code } = await update.exited;
      const [tally] = await Promise.all([users.stop(), others.stop()]);
      expect(code, update.output).not.to.equal(0);
      expect(update.output).to.match(why).and.to.contain("Canary failed! Scaling down podinfo.test");
      expect(tally.failed, tally.samples.join()).to.equal(0);
      expect(await deployment(namespace, "podinfo-primary")).to.include({
        image: "ghcr.io/stefanprodan/podinfo:6.0.1",
      });
    }
  });

  it("leave their route as it was when all is destroyed", async () => {
    const destroyed = await project.destroy();
    expect(destroyed.code, destroyed.output).to.equal(0);
    expect(await specOf(namespace, "podinfo")).to.equal(routeBefore);
  });
});
