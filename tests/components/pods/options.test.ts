import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import type { PodOptions } from "../../../components/index.js";
import { inRegistry } from "../../../components/kubernetes/index.js";
import { at, byName, refusal, register } from "../register.js";
import { parts, templateOf } from "./parts.js";

const affinity = { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } };
const spread = { maxSkew: 2, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule" };
const resources = { requests: { cpu: "1", memory: "1Gi" }, limits: { memory: "3Gi" } };

/** An option, and where a pod shows it. */
const shown: readonly (readonly [PodOptions, (template: ReturnType<typeof templateOf>) => unknown, unknown])[] = [
  [{ resources }, ({ spec }) => spec.containers[0]?.["resources"], resources],
  [{ nodeSelector: { pool: "edge" } }, ({ spec }) => spec["nodeSelector"], { pool: "edge" }],
  [{ tolerations: [{ key: "edge" }] }, ({ spec }) => spec["tolerations"], [{ key: "edge" }]],
  [{ affinity }, ({ spec }) => spec["affinity"], affinity],
  [{ topologySpreadConstraints: [spread] }, ({ spec }) => spec["topologySpreadConstraints"], [spread]],
  [{ priorityClassName: "edge" }, ({ spec }) => spec["priorityClassName"], "edge"],
  [{ imagePullSecrets: ["hub"] }, ({ spec }) => spec["imagePullSecrets"], [{ name: "hub" }]],
  [
    { imagePullPolicy: "Always" },
    ({ spec }) => spec.containers.every((each) => each["imagePullPolicy"] === "Always"),
    true,
  ],
  [
    { imageRegistry: "hub.local:5000/mirror" },
    ({ spec }) => spec.containers.every(({ image }) => image.startsWith("hub.local:5000/mirror/")),
    true,
  ],
  [{ podAnnotations: { note: "kept" } }, ({ metadata }) => at(metadata, "annotations", "note"), "kept"],
  [{ podLabels: { team: "edge" } }, ({ metadata }) => at(metadata, "labels", "team"), "edge"],
];

for (const [part, make] of Object.entries(parts))
  describe(`pod options of ${part}`, () => {
    const all = shown.reduce<PodOptions>((joined, [options]) => ({ ...joined, ...options }), {});
    const computed = Object.fromEntries(
      Object.entries(all).map(([name, value]) => [name, pulumi.output<unknown>(value)]),
    );
    let templates: readonly ReturnType<typeof templateOf>[];
    before(async () => {
      templates = [
        templateOf(await register(() => make(all))),
        templateOf(await register(() => make(Object.assign({}, computed)))),
      ];
    });

    for (const [options, look, expected] of shown)
      it(`${Object.keys(options).join()} is passed through, plain or computed`, () => {
        for (const template of templates) expect(look(template)).to.deep.equal(expected);
      });

    it("are nothing where nobody gives them", async () => {
      const { spec, metadata } = templateOf(await register(() => make({})));
      for (const name of ["nodeSelector", "tolerations", "affinity", "priorityClassName", "imagePullSecrets"])
        expect(spec).not.to.have.property(name);
      for (const container of spec.containers) expect(container).not.to.have.property("imagePullPolicy");
      expect(at(metadata, "annotations")).to.not.deep.equal({});
    });

    it("leave alone what selectors rest on", async () => {
      const all = await register(() => make({ podLabels: { app: "mine" } }));
      const [deployment] = Object.values(byName(all, "Deployment"));
      expect(at(deployment, "spec", "template", "metadata", "labels", "app")).to.equal(
        at(deployment, "spec", "selector", "matchLabels", "app"),
      );
    });

    it("keep a budget where there are pods to spare, or where one is asked for", async () => {
      const budgetOf = async (options: object): Promise<unknown> => {
        const [budget] = Object.values(byName(await register(() => make(options)), "PodDisruptionBudget"));
        return at(budget, "spec");
      };
      const [deployment] = Object.values(byName(await register(() => make({})), "Deployment"));
      const selector = { matchLabels: at(deployment, "spec", "selector", "matchLabels") };
      const standard = part === "Apisix" ? { selector, maxUnavailable: 1 } : undefined;
      expect(await budgetOf({})).to.deep.equal(standard);
      expect(await budgetOf({ podDisruptionBudget: false })).to.equal(undefined);
      expect(await budgetOf({ podDisruptionBudget: { minAvailable: "50%" } })).to.deep.equal({
        selector,
        minAvailable: "50%",
      });
      if (part !== "Prometheus") expect(await budgetOf({ replicas: 2 })).to.deep.equal({ selector, maxUnavailable: 1 });
    });

    it("are known by name", async () => {
      const wrong: object = { nodeselector: {} };
      expect(await refusal(() => make(wrong))).to.equal(
        `${part}: unknown argument "nodeselector": did you mean "nodeSelector"?`,
      );
    });
  });

describe("the gateway's pods", () => {
  it("spread over nodes as far as they can", async () => {
    const make = parts["Apisix"] ?? expect.fail("no Apisix");
    const { spec } = templateOf(await register(() => make({})));
    expect(spec["topologySpreadConstraints"]).to.deep.equal([
      {
        maxSkew: 1,
        topologyKey: "kubernetes.io/hostname",
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: { app: "apisix" } },
      },
    ]);
  });
});

describe("a mirror of the images", () => {
  const images: readonly (readonly [string, string])[] = [
    ["ghcr.io/api7/adc:0.27.1", "hub.local/m/api7/adc:0.27.1"],
    ["apache/apisix:3.17.0-debian", "hub.local/m/apache/apisix:3.17.0-debian"],
    ["node:22-alpine", "hub.local/m/library/node:22-alpine"],
    ["localhost/own:1", "hub.local/m/own:1"],
    ["registry:5000/team/own@sha256:ab", "hub.local/m/team/own@sha256:ab"],
  ];
  for (const [image, mirrored] of images)
    it(`has ${image} as ${mirrored}`, () => expect(inRegistry(image, "hub.local/m")).to.equal(mirrored));

  it("is not for an image that the user names", async () => {
    const make = parts["LoadTester"] ?? expect.fail("no LoadTester");
    const own = Object.assign({ imageRegistry: "hub.local" }, { image: "mine:1" });
    expect(templateOf(await register(() => make(own))).spec.containers[0]?.image).to.equal("mine:1");
  });
});
