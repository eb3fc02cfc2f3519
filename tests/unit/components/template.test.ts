import { expect } from "chai";
import { contentHash } from "../../../components/kubernetes/index.js";
import { clonedRules, ownedRules, weightedRouteName } from "../../../components/canary-release/route/index.js";
import { selectorFor, templateFor } from "../../../components/canary-release/template.js";
import type { PlainTemplate } from "../../../components/canary-release/template.js";

const template: PlainTemplate = {
  metadata: { labels: { app: "podinfo", tier: "web" }, annotations: { note: "kept" } },
  spec: {
    containers: [
      {
        name: "podinfod",
        image: "podinfo:1",
        envFrom: [{ configMapRef: { name: "settings" } }, { secretRef: { name: "keys" } }],
        env: [{ name: "A", valueFrom: { configMapKeyRef: { name: "settings", key: "a" } } }],
      },
    ],
    volumes: [
      { name: "settings", configMap: { name: "settings" } },
      { name: "keys", secret: { secretName: "keys" } },
      { name: "both", projected: { sources: [{ configMap: { name: "settings" } }, { secret: { name: "keys" } }] } },
      { name: "other", configMap: { name: "not-ours" } },
    ],
    topologySpreadConstraints: [{ maxSkew: 1, labelSelector: { matchLabels: { app: "podinfo" } } }],
  },
};
const renames = { settings: "settings-primary-1", keys: "keys-primary-2" };

describe("the pod template of a role", () => {
  const primary = templateFor("primary", "podinfo", "abc", template, renames);

  it("has the role's own selector label and the revision", () => {
    expect(primary.metadata?.labels).to.deep.equal({ app: "podinfo-primary", tier: "web" });
    expect(primary.metadata?.annotations).to.deep.equal({ note: "kept", "apisix-canary.io/revision": "abc" });
    expect(templateFor("canary", "podinfo", "abc", template, {}).metadata?.labels).to.include({ app: "podinfo" });
  });

  it("selectors of canary and primary are disjoint", () => {
    expect(selectorFor("canary", "podinfo")).not.to.deep.equal(selectorFor("primary", "podinfo"));
  });

  it("refers to its own copies of the configuration wherever a template can name them", () => {
    const text = JSON.stringify(primary.spec);
    expect(text).not.to.match(/"(configMapRef|configMapKeyRef|configMap)":\{"name":"settings"/);
    expect(primary.spec["volumes"]).to.deep.equal([
      { name: "settings", configMap: { name: "settings-primary-1" } },
      { name: "keys", secret: { secretName: "keys-primary-2" } },
      {
        name: "both",
        projected: { sources: [{ configMap: { name: "settings-primary-1" } }, { secret: { name: "keys-primary-2" } }] },
      },
      { name: "other", configMap: { name: "not-ours" } },
    ]);
    expect(primary.spec.containers[0]?.["envFrom"]).to.deep.equal([
      { configMapRef: { name: "settings-primary-1" } },
      { secretRef: { name: "keys-primary-2" } },
    ]);
  });

  it("spreads by its own label", () => {
    expect(JSON.stringify(primary.spec["topologySpreadConstraints"])).to.contain('"app":"podinfo-primary"');
  });

  it("pauses before it ends, unless the user said how", () => {
    expect(primary.spec.containers[0]?.["lifecycle"]).to.deep.equal({ preStop: { sleep: { seconds: 20 } } });
    const short: PlainTemplate = { spec: { terminationGracePeriodSeconds: 10, containers: [{ name: "a" }] } };
    const paused = templateFor("canary", "x", "1", short, {}).spec.containers[0]?.["lifecycle"];
    expect(paused).to.deep.equal({ preStop: { sleep: { seconds: 5 } } });
    const own = { preStop: { exec: { command: ["true"] } } };
    const given: PlainTemplate = { spec: { containers: [{ name: "a", lifecycle: own }] } };
    expect(templateFor("canary", "x", "1", given, {}).spec.containers[0]?.["lifecycle"]).to.deep.equal(own);
  });
});

describe("the revision", () => {
  it("is the content's, whatever the order of keys", () => {
    expect(contentHash({ a: 1, b: [1, 2] })).to.equal(contentHash({ b: [1, 2], a: 1 }));
    expect(contentHash({ a: [1, 2] })).not.to.equal(contentHash({ a: [2, 1] }));
    expect(contentHash({ a: undefined })).to.equal(contentHash({}));
  });
});

describe("the weighted route", () => {
  it("is named as Flagger names it", () => {
    expect(weightedRouteName("podinfo", "podinfo")).to.equal("podinfo-podinfo-canary");
  });

  it("rests at 100/0 with both backends, primary first, and measures by name", () => {
    expect(ownedRules("podinfo", "podinfo", 80, { hosts: ["app.example.com"], methods: ["GET"] })).to.deep.equal([
      {
        name: "podinfo",
        match: { hosts: ["app.example.com"], paths: ["/*"], methods: ["GET"] },
        backends: [
          { serviceName: "podinfo-primary", servicePort: 80, weight: 100 },
          { serviceName: "podinfo-canary", servicePort: 80, weight: 0 },
        ],
        plugins: [{ name: "prometheus", enable: true, config: { prefer_name: true } }],
      },
    ]);
  });

  it("cloned from another route stands one priority above it and keeps the rest", () => {
    const source = [{ name: "method", match: { hosts: ["a"] }, priority: 4, timeout: { read: "1s" }, backends: [] }];
    const [rule] = clonedRules(source, "podinfo", 80);
    expect(rule).to.include({ name: "method", priority: 5 });
    expect(rule?.["timeout"]).to.deep.equal({ read: "1s" });
    expect(clonedRules([{ name: "m" }], "podinfo", 80)[0]).to.include({ priority: 1 });
  });
});
