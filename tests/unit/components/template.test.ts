import { expect } from "chai";
import { contentHash } from "../../../components/kubernetes/index.js";
import { ownedRules, weightedRouteName } from "../../../components/canary-release/route/index.js";
import {
  namesIn,
  replacedLabel,
  roleKeysText,
  selectorFor,
  templateFor,
  withoutRoleKeys,
} from "../../../release/template/index.js";
import type { PlainTemplate } from "../../../release/template/index.js";

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

  it("is without what belongs to the role, once there are no roles any more", () => {
    const given = { labels: { role: "stable" }, annotations: { "example.com/note": "on call" } };
    const text = roleKeysText(given);
    expect(text).to.equal("labels:role,annotations:example.com/note");
    const { labels, annotations } = primary.metadata ?? {};
    const live = {
      ...primary,
      metadata: { labels: { ...labels, ...given.labels }, annotations: { ...annotations, ...given.annotations } },
    };
    expect(withoutRoleKeys(live, text)).to.deep.equal(primary);
    expect(withoutRoleKeys(live)).to.deep.equal(live);
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

describe("labels and selectors of a role", () => {
  const labels = { app: "ledger-api", name: "ledger-api", "app.kubernetes.io/name": "ledger-api", tier: "web" };
  const selecting = (key: string, values: readonly string[]): Record<string, unknown> => ({
    matchExpressions: [{ key, operator: "In", values }],
  });
  const given: PlainTemplate = {
    metadata: { labels },
    spec: {
      containers: [{ name: "a" }],
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: "host", labelSelector: selecting("app", ["ledger-api"]) },
            { topologyKey: "host", labelSelector: selecting("app.kubernetes.io/name", ["ledger-api", "cache"]) },
            { topologyKey: "host", labelSelector: selecting("tier", ["ledger-api"]) },
            {
              topologyKey: "zone",
              labelSelector: { matchLabels: { name: "ledger-api" } },
              namespaceSelector: { matchLabels: { name: "ledger-api" } },
            },
          ],
        },
      },
      topologySpreadConstraints: [{ maxSkew: 1, labelSelector: selecting("app", ["ledger", "other"]) }],
    },
  };
  const made = (role: "canary" | "primary"): PlainTemplate => templateFor(role, "ledger", "1", given, {});
  const valuesIn = (role: "canary" | "primary"): unknown => {
    const { affinity, topologySpreadConstraints } = made(role).spec;
    return JSON.parse(JSON.stringify([affinity, topologySpreadConstraints]).replaceAll(/"operator":"In",/g, ""));
  };

  it("the canary keeps those that name the workload, the primary has values of its own, and only app is ours", () => {
    expect(made("canary").metadata?.labels).to.deep.equal({ ...labels, app: "ledger" });
    expect(made("primary").metadata?.labels).to.deep.equal({
      app: "ledger-primary",
      name: "ledger-api-primary",
      "app.kubernetes.io/name": "ledger-api-primary",
      tier: "web",
    });
    expect(replacedLabel("ledger", labels)).to.equal("ledger-api");
    expect(replacedLabel("ledger", { app: "ledger" })).to.equal(undefined);
  });

  it("a selector of the template's own pods follows the role, in expressions too; others stay", () => {
    const expected = (app: string, name: string): unknown => [
      {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: "host", labelSelector: { matchExpressions: [{ key: "app", values: [app] }] } },
            {
              topologyKey: "host",
              labelSelector: { matchExpressions: [{ key: "app.kubernetes.io/name", values: [name, "cache"] }] },
            },
            { topologyKey: "host", labelSelector: { matchExpressions: [{ key: "tier", values: ["ledger-api"] }] } },
            {
              topologyKey: "zone",
              labelSelector: { matchLabels: { name } },
              namespaceSelector: { matchLabels: { name: "ledger-api" } },
            },
          ],
        },
      },
      [{ maxSkew: 1, labelSelector: { matchExpressions: [{ key: "app", values: [app, "other"] }] } }],
    ];
    expect(valuesIn("primary")).to.deep.equal(expected("ledger-primary", "ledger-api-primary"));
    expect(valuesIn("canary")).to.deep.equal(expected("ledger", "ledger-api"));
  });

  it("a template that was the primary's loses what was the primary's", () => {
    const back = templateFor("canary", "ledger", "1", made("primary"), {}, { from: "primary" });
    expect(back).to.deep.equal(made("canary"));
  });

  it("a value as long as a label may be still makes one", () => {
    const long = { metadata: { labels: { name: "x".repeat(63) } }, spec: { containers: [{ name: "a" }] } };
    const value = templateFor("primary", "x", "1", long, {}).metadata?.labels?.["name"];
    expect(value)
      .to.have.length(63)
      .and.match(/-primary$/);
  });

  it("a pause is added beside other hooks", () => {
    const postStart = { exec: { command: ["warm-up"] } };
    const hooked: PlainTemplate = { spec: { containers: [{ name: "a", lifecycle: { postStart } }] } };
    expect(templateFor("canary", "x", "1", hooked, {}).spec.containers[0]?.["lifecycle"]).to.deep.equal({
      postStart,
      preStop: { sleep: { seconds: 20 } },
    });
  });

  it("knows what a template refers to", () => {
    expect(namesIn(template.spec)).to.deep.equal({ ConfigMap: ["settings", "not-ours"], Secret: ["keys"] });
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
});
