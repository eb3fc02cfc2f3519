import { expect } from "chai";
import {
  liveDeployment,
  liveFlaggerCanary,
  livePolicy,
  liveScaler,
  liveService,
  survey,
} from "../../../release/adoption/index.js";
import type { Surroundings, Taking } from "../../../release/adoption/index.js";

const labels = { app: "web", tier: "front" };

const deploymentOf = (name: string, more: object = {}, podLabels: object = labels) =>
  liveDeployment.parse({
    metadata: { name, ...more },
    spec: {
      selector: { matchLabels: podLabels },
      template: {
        metadata: { labels: podLabels },
        spec: { containers: [{ name: "app", ports: [{ name: "http", containerPort: 8080 }] }] },
      },
    },
  });
const serviceOf = (name: string, selector: object, more: object = {}) =>
  liveService.parse({ metadata: { name }, spec: { selector, ports: [{ port: 80, targetPort: "http" }], ...more } });
const scalerOf = (name: string, target = "web") =>
  liveScaler.parse({ metadata: { name }, spec: { scaleTargetRef: { kind: "Deployment", name: target } } });
const canaryOf = (spec: object, phase = "Succeeded") =>
  liveFlaggerCanary.parse({
    metadata: { name: "web" },
    spec: { targetRef: { kind: "Deployment", name: "web" }, ...spec },
    status: { phase },
  });

const taking: Taking = {
  namespace: "shop",
  name: "web",
  service: { name: "web", port: 80, targetPort: 8080 },
  autoscaler: undefined,
  flaggerCanary: undefined,
  routeRef: undefined,
};
const there: Surroundings = {
  target: deploymentOf("web"),
  primary: undefined,
  apex: serviceOf("web", { app: "web" }),
  canary: undefined,
  services: [],
  deployments: [],
  autoscalers: [],
  scaledObjects: [],
  networkPolicies: [],
  disruptionBudgets: [],
};

const problems = (more: Partial<Surroundings>, asked: Partial<Taking> = {}) =>
  survey({ ...taking, ...asked }, { ...there, ...more }).problems;
const doubts = (more: Partial<Surroundings>, asked: Partial<Taking> = {}) =>
  survey({ ...taking, ...asked }, { ...there, ...more }).doubts;

describe("what is to be taken over, looked at before anything is touched", () => {
  it("a Deployment with its Service is taken with its immutable selector and the Service's ports", () => {
    const { problems: none, doubts: silent, kept } = survey(taking, there);
    expect([none, silent]).to.deep.equal([[], []]);
    expect(kept).to.deep.include({
      selector: { matchLabels: labels, matchExpressions: [] },
      canaryLabels: labels,
      primaryLabels: {},
    });
    expect(kept?.ports.map((each) => each["port"])).to.deep.equal([80]);
  });

  it("the primary's pods stay apart from a selector that would take them in", () => {
    const target = deploymentOf("web", {}, { tier: "front" });
    const { kept } = survey(taking, { ...there, target, apex: serviceOf("web", { tier: "front" }) });
    expect(kept?.primaryLabels).to.deep.equal({ tier: "front-primary" });
  });

  it("names what is missing", () => {
    expect(problems({ target: undefined, apex: undefined })).to.deep.equal([
      "there is no Deployment web in namespace shop",
      "there is no Service web in namespace shop: give service.name of the one that leads to it",
    ]);
  });

  it("refuses what belongs to somebody who would change it back", () => {
    const owned = { ownerReferences: [{ kind: "Rollout", name: "web", controller: true }] };
    expect(problems({ target: deploymentOf("web", owned) }).join()).to.contain("is owned by Rollout web");
    const marked = { annotations: { "apisix-canary.io/release": "shop/other" } };
    expect(problems({ target: deploymentOf("web", marked) })).to.include(
      "Deployment web belongs to release shop/other",
    );
  });

  it("refuses a Service that leads elsewhere, or with other ports, or to others' pods too", () => {
    expect(problems({ apex: serviceOf("web", { app: "api" }) })).to.include(
      "Service web selects app=api, not the pods of Deployment web",
    );
    expect(problems({}, { service: { name: "web", port: 8000, targetPort: 8080 } })).to.include(
      "service.port: Service web has no port 8000; it has 80",
    );
    expect(problems({}, { service: { name: "web", port: 80, targetPort: 9000 } })).to.include(
      "service.targetPort: Service web sends port 80 to 8080, and the release to 9000",
    );
    expect(problems({ deployments: [deploymentOf("worker", {}, { app: "web" })] }).join()).to.contain(
      "selects the pods of Deployment worker too",
    );
  });

  it("refuses names that are taken, and Services that would lead to nobody", () => {
    expect(problems({ primary: deploymentOf("web-primary") }).join()).to.contain("Deployment web-primary exists");
    expect(problems({ services: [serviceOf("web-canary", { app: "x" })] }).join()).to.contain(
      "Service web-canary exists",
    );
    expect(problems({ services: [serviceOf("admin", { app: "web" })] }).join()).to.contain(
      "Service admin selects its pods as well (app=web) and would have none",
    );
    expect(problems({ services: [serviceOf("admin", { tier: "front" })] })).to.deep.equal([]);
  });

  it("asks who scales", () => {
    expect(problems({ autoscalers: [scalerOf("web")] }).join()).to.contain(
      "HorizontalPodAutoscaler web scales Deployment web: give autoscaler",
    );
    expect(problems({ autoscalers: [scalerOf("web")] }, { autoscaler: "managed" })).to.deep.equal([]);
    expect(problems({ autoscalers: [scalerOf("mine")] }, { autoscaler: "managed" }).join()).to.contain(
      "HorizontalPodAutoscaler mine scales Deployment web beside the release's own web",
    );
    expect(problems({ scaledObjects: [scalerOf("queue")] }).join()).to.contain(
      "ScaledObject queue scales Deployment web",
    );
    expect(problems({ autoscalers: [scalerOf("other", "api")] })).to.deep.equal([]);
  });

  it("takes Flagger's at rest only, with the same target and route", () => {
    const flaggers = (spec: object, phase?: string, asked: Partial<Taking> = {}) =>
      problems(
        {
          canary: canaryOf(spec, phase),
          primary: deploymentOf("web-primary", {}, { app: "web-primary" }),
          apex: serviceOf("web", { app: "web-primary" }),
        },
        { flaggerCanary: "web", ...asked },
      );
    expect(flaggers({})).to.deep.equal([]);
    expect(flaggers({}, "Progressing")).to.deep.equal(["Canary web is Progressing: wait until it is over"]);
    expect(flaggers({ provider: "istio" })).to.deep.equal([
      "Canary web has provider istio: only apisix can be taken over",
    ]);
    expect(flaggers({ routeRef: { name: "shop" } })).to.deep.equal([
      "Canary web has routeRef shop: give the same routeRef",
    ]);
    expect(flaggers({ targetRef: { kind: "DaemonSet", name: "web" } })).to.deep.equal([
      "Canary web has target DaemonSet web: call the release after its target",
    ]);
    expect(problems({}, { flaggerCanary: "gone" }).join()).to.contain("there is no Canary gone (flagger.app)");
  });

  it("says what it only suspects", () => {
    const managedFields = [{ manager: "argocd-controller" }];
    const target = deploymentOf("web", { managedFields });
    const policy = (key: string) =>
      livePolicy.parse({ metadata: { name: "walls" }, spec: { [key]: { matchLabels: { app: "web" } } } });
    const networkPolicies = [policy("podSelector")];
    expect(doubts({ target, networkPolicies, disruptionBudgets: [policy("selector")] })).to.deep.equal([
      "Argo CD has written Deployment web: take it out of there, or it will be changed back",
      "NetworkPolicy walls holds for app=web and will not hold for the primary's pods: let it select web-primary too",
      "PodDisruptionBudget walls holds for app=web and will not hold for the primary's pods: let it select web-primary too",
    ]);
    expect(doubts({ autoscalers: [scalerOf("web")] }, { autoscaler: "external" })).to.deep.equal([
      "HorizontalPodAutoscaler web will scale the canary alone: web-primary needs one of its own",
    ]);
  });

  it("has nothing to say of what is this release's already", () => {
    const marked = { annotations: { "apisix-canary.io/release": "shop/web" } };
    const taken = survey(taking, {
      ...there,
      target: deploymentOf("web", marked),
      apex: serviceOf("web", { app: "web-primary" }),
    });
    expect([taken.problems, taken.doubts]).to.deep.equal([[], []]);
  });
});
