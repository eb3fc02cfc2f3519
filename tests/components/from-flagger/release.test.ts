import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import type { FromFlagger } from "../../../components/from-flagger/index.js";
import { documents, manifest, takenFrom } from "../../unit/from-flagger/data.js";
import { withOwnRoute } from "../../unit/from-flagger/rich.js";
import { stringify } from "yaml";

interface Registered {
  readonly type: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Pulumi itself does not delete it. */
  readonly isRetained: boolean;
}

/** What a program registers that takes a Canary and adds its pods. */
async function deployed({ name, args }: FromFlagger): Promise<readonly Registered[]> {
  const registered: Registered[] = [];
  const retained = new Set<string>();
  const watchOptions: pulumi.ResourceTransformation = ({ type, name: logical, opts }) => {
    if ("retainOnDelete" in opts && opts.retainOnDelete === true) retained.add(`${type} ${logical}`);
    return undefined;
  };
  await pulumi.runtime.setMocks({
    newResource: ({ type, name: logical, inputs }) => {
      const isRetained = retained.has(`${type} ${logical}`);
      registered.push({ type, inputs: { ...(inputs as Record<string, unknown>) }, isRetained });
      return { id: `${logical}-id`, state: { ...(inputs as Record<string, unknown>) } };
    },
    call: () => ({}),
  });
  const { CanaryRelease } = await import("../../../components/canary-release/index.js");
  const given = {
    prometheusUrl: "http://flagger-prometheus.apisix:9090",
    ...args,
    ingressClassName: "apisix",
    template: { spec: { containers: [{ name: "app", image: "app:1" }] } },
  };
  const release = new CanaryRelease(name, given, { transformations: [watchOptions] });
  await new Promise((resolve) => pulumi.all([release.outcome, release.urn]).apply(resolve));
  return registered;
}

function names(all: readonly Registered[], kind: string): readonly unknown[] {
  return all.filter(({ type }) => type.endsWith(`:${kind}`)).map(({ inputs }) => at(inputs, "metadata", "name"));
}

function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? (Reflect.get(inner, key) as unknown) : undefined),
    value,
  );
}

describe("a CanaryRelease made of a Flagger Canary", () => {
  for (const name of [
    "article-canary",
    "canary-name-is-not-target-name",
    "service-fields-dropped",
    "old-metric-threshold",
    "no-metrics",
    "long-analysis",
  ])
    it(`${name}: has Flagger's Services and Deployments, called after the target`, async () => {
      const taken = takenFrom(manifest(name));
      const all = await deployed(taken);
      expect(names(all, "Service")).to.have.members([taken.name, `${taken.name}-canary`, `${taken.name}-primary`]);
      expect(names(all, "Deployment")).to.have.members([taken.name, `${taken.name}-primary`]);
      expect(names(all, "ApisixRoute")).to.include(`${taken.name}-${taken.name}-canary`);
    });

  it("asks the new revision where its acceptance test does: at the target's canary Service", async () => {
    const taken = takenFrom(manifest("canary-name-is-not-target-name"));
    const all = await deployed(taken);
    const service = all.find(({ inputs }) => at(inputs, "metadata", "name") === "storefront-canary");
    expect(at(service?.inputs, "spec", "selector")).to.deep.equal({ app: "storefront" });
    expect(at(taken.args.analysis, "webhooks", 0, "metadata", "cmd")).to.contain("http://storefront-canary.shop/");
  });

  it("is given back as a plain Deployment on deletion where its Canary says so, and is removed else", async () => {
    const article = manifest("article-canary");
    for (const [text, adoptions] of [
      [article.replace("  provider: apisix", "  provider: apisix\n  revertOnDeletion: true"), [true]],
      [article, []],
    ] as const) {
      const all = await deployed(takenFrom(text));
      const takeovers = all.filter(({ type }) => type.endsWith("Takeover"));
      expect(takeovers.map(({ inputs }) => at(inputs, "adoption", "givesBack"))).to.deep.equal(adoptions);
      // Users are with the primary until the runtime has led them elsewhere: no object of theirs goes before.
      const served = all.filter(({ type }) => /:(Service|Deployment|ApisixRoute)$/.test(type));
      expect(served).to.have.length(6);
      expect(served.filter(({ isRetained }) => isRetained)).to.have.length(adoptions.length * served.length);
    }
  });

  it("of the article with its metric is the article's, with the autoscaler beside it", async () => {
    const autoscaler = `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: podinfo, namespace: test }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: podinfo }
  minReplicas: 2
  maxReplicas: 4
  metrics: [{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 99 } } }]`;
    const reference = "  autoscalerRef: { apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, name: podinfo }";
    const canary = manifest("article-canary").replace(/^ {2}service:/m, `${reference}\n  service:`);
    const all = await deployed(takenFrom(documents(canary, autoscaler)));
    expect(names(all, "HorizontalPodAutoscaler")).to.have.members(["podinfo", "podinfo-primary"]);
    expect(names(all, "ApisixRoute")).to.include("podinfo-podinfo-canary");
  });

  it("from another gateway gets a weighted route with its hosts, paths and plugins", async () => {
    const all = await deployed(takenFrom(withOwnRoute.map((each) => stringify(each)).join("---\n")));
    const [route] = all.filter(({ inputs }) => at(inputs, "metadata", "name") === "app-app-canary");
    const rule = at(route?.inputs, "spec", "http", 0);
    expect(at(rule, "match")).to.deep.equal({ hosts: ["app.example.com"], paths: ["/v2*"], methods: ["GET"] });
    const plugins = at(rule, "plugins");
    expect(Array.isArray(plugins) && plugins.map((each: unknown) => at(each, "name"))).to.deep.equal([
      "proxy-rewrite",
      "response-rewrite",
      "cors",
      "prometheus",
    ]);
  });
});
