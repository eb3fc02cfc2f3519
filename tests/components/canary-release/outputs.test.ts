import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import type { CanaryReleaseArgs } from "../../../components/canary-release/args.js";
import { settingsOf } from "../register.js";
import { at, run, withoutSecrets } from "./program.js";
import type { Deployed, Registered } from "./program.js";

const plain: CanaryReleaseArgs = {
  namespace: "test",
  template: { spec: { containers: [{ name: "podinfod", image: "podinfo:6.0.1" }] } },
  service: { port: 80, targetPort: 9898 },
  route: { hosts: ["app.example.com"] },
  ingressClassName: "apisix",
  prometheusUrl: "http://flagger-prometheus.apisix:9090",
  analysis: { interval: "10s", maxWeight: 50, stepWeight: 10 },
};

/** Another resource of the program: what it says is not known before it is made. */
class Other extends pulumi.CustomResource {
  declare readonly said: pulumi.Output<unknown>;
  constructor(name: string, said: unknown, isPreview: boolean) {
    super("test:index:Other", name, isPreview ? { said: undefined } : { said });
  }
}

/** What another resource says: unknown in a preview, known in an update. */
function later<T>(name: string, said: T, isPreview: boolean): pulumi.Output<T> {
  return new Other(name, said, isPreview).said.apply((value) => value as T);
}

/** Every argument that may be computed is, at every depth. */
function computed(isPreview: boolean): CanaryReleaseArgs {
  const of = <T>(name: string, said: T): pulumi.Output<T> => later(name, said, isPreview);
  return {
    namespace: of("namespace", "test"),
    metadata: { labels: { team: of("team", "shop") }, annotations: of("notes", { note: "kept" }) },
    template: {
      metadata: { labels: { tier: of("tier", "web") } },
      spec: {
        terminationGracePeriodSeconds: of("grace", 60),
        containers: [
          {
            name: "podinfod",
            image: of("image", "podinfo:6.0.1"),
            env: [{ name: "TOKEN", value: pulumi.secret("hush-env") }],
            envFrom: [{ configMapRef: { name: "settings" } }, { secretRef: { name: "keys" } }],
          },
        ],
      },
    },
    deployment: { minReadySeconds: of("ready", 5), revisionHistoryLimit: of("history", 3) },
    service: {
      port: of("port", 80),
      targetPort: of("target", 9898),
      additionalPorts: of("ports", [{ name: "metrics", port: 9797 }]),
      scheme: of("scheme", "grpc" as const),
    },
    route: { hosts: [of("host", "app.example.com")], paths: of("paths", ["/*"]), websocket: of("ws", true) },
    autoscaler: { minReplicas: of("min", 2), maxReplicas: of("max", 4) },
    ingressClassName: of("class", "apisix"),
    prometheusUrl: of("prometheus", "http://flagger-prometheus.apisix:9090"),
    analysis: {
      interval: of("interval", "10s"),
      maxWeight: 50,
      stepWeight: of("step", 10),
      webhooks: [{ name: "gate", url: pulumi.secret("http://gate.test/hush-url"), metadata: { a: of("meta", "b") } }],
      alerts: of("alerts", [
        { name: "chat", provider: { type: "slack" as const, address: "https://chat.test/hush-address" } },
      ]),
    },
    configs: { settings: { COLOUR: of("colour", "blue") } },
    secrets: { keys: { TOKEN: pulumi.secret("hush-token"), OTHER: of("other", "hush-other") } },
    skipAnalysis: of("skip", false),
    progressDeadline: of("deadline", "10m"),
    drain: of("drain", "3s"),
    kubeconfig: pulumi.secret("hush-kubeconfig"),
    context: of("context", "kind"),
  };
}

function find({ registered, errors }: Deployed, type: string, name: string): Registered {
  const found = registered.find((each) => each.type.endsWith(type) && each.name === name);
  if (found === undefined) throw new Error(`no ${type} ${name}: ${errors.join()}`);
  return found;
}

function revisionOf(deployed: Deployed): unknown {
  const { inputs } = find(deployed, ":Deployment", "podinfo-deployment");
  return at(inputs, "spec", "template", "metadata", "annotations", "apisix-canary.io/revision");
}

describe("a release of which everything is an output", () => {
  let update: Deployed;
  let preview: Deployed;
  before(async () => {
    preview = await run(() => ({ args: computed(true) }), true);
    update = await run(() => ({ args: computed(false) }));
  });

  it("is made as if it were plain", () => {
    expect(update.errors).to.deep.equal([]);
    const canary = find(update, ":Deployment", "podinfo-deployment").inputs;
    expect(at(canary, "metadata")).to.deep.include({ name: "podinfo", namespace: "test", labels: { team: "shop" } });
    expect(at(canary, "metadata", "annotations")).to.include({
      note: "kept",
      "apisix-canary.io/release": "test/podinfo",
    });
    expect(at(canary, "spec", "minReadySeconds")).to.equal(5);
    const template = at(canary, "spec", "template");
    expect(at(template, "metadata", "labels")).to.deep.equal({ app: "podinfo", tier: "web" });
    const container = at(template, "spec", "containers", 0);
    expect(at(container, "image")).to.equal("podinfo:6.0.1");
    expect(at(container, "lifecycle", "preStop", "sleep", "seconds")).to.equal(20);
    expect(at(container, "envFrom", 0, "configMapRef", "name")).to.match(/^settings-canary-[0-9a-f]{10}$/);
    expect(at(container, "envFrom", 1, "secretRef", "name")).to.match(/^keys-canary-[0-9a-f]{10}$/);
    const service = find(update, ":Service", "podinfo-apex-service").inputs;
    expect(at(service, "spec", "ports")).to.deep.equal([
      { name: "http", port: 80, targetPort: 9898, protocol: "TCP" },
      { name: "metrics", port: 9797, targetPort: 9797, protocol: "TCP" },
    ]);
    const route = find(update, ":ApisixRoute", "podinfo-route").inputs;
    expect(at(route, "spec", "http", 0)).to.deep.include({
      match: { hosts: ["app.example.com"], paths: ["/*"] },
      websocket: true,
    });
    expect(at(find(update, ":ApisixUpstream", "podinfo-primary-upstream").inputs, "spec")).to.deep.equal({
      scheme: "grpc",
      ingressClassName: "apisix",
    });
  });

  it("has copies of its configuration, named by content, once that is known", () => {
    const copies = update.registered.filter(({ type }) => /core\/v1:(ConfigMap|Secret)$/.test(type));
    expect(copies.map(({ name }) => name.replace(/[0-9a-f]{10}$/, "<hash>")).toSorted()).to.deep.equal([
      "podinfo-keys-canary-<hash>",
      "podinfo-keys-primary-<hash>",
      "podinfo-settings-canary-<hash>",
      "podinfo-settings-primary-<hash>",
    ]);
  });

  it("shows in preview what is known, and fails for nothing that isn't", () => {
    expect(preview.errors).to.deep.equal([]);
    const types = (all: Deployed): readonly string[] =>
      all.registered.map(({ type, name }) => `${type} ${name}`).filter((line) => !/ConfigMap|Secret|Other/.test(line));
    expect(types(preview)).to.have.members(types(update));
    const container = at(find(preview, ":Deployment", "podinfo-deployment").inputs, "spec", "template", "spec");
    expect(at(container, "containers", 0, "name")).to.equal("podinfod");
    expect(at(container, "containers", 0, "image")).to.equal(pulumi.runtime.unknownValue);
  });

  it("keeps secret what is, there and nowhere else", () => {
    for (const { registered } of [update, preview]) {
      const ours = registered.filter(({ type }) => type !== "test:index:Other");
      const open = JSON.stringify(ours.map(({ inputs }) => withoutSecrets(inputs)));
      expect(open).not.to.contain("hush");
    }
    const canary = withoutSecrets(find(update, ":Deployment", "podinfo-deployment").inputs);
    expect(at(canary, "spec", "template", "spec", "containers", 0)).to.deep.include({
      name: "podinfod",
      image: "podinfo:6.0.1",
      env: [{ name: "TOKEN", value: "[secret]" }],
    });
    const settings = settingsOf(withoutSecrets(find(update, ":Analysis", "podinfo-analysis").inputs));
    expect(at(settings, "analysis")).to.deep.equal({
      interval: "10s",
      maxWeight: 50,
      stepWeight: 10,
      webhooks: [{ name: "gate", url: "[secret]", metadata: { a: "b" } }],
      alerts: [{ name: "chat", provider: { type: "slack", address: "[secret]" } }],
    });
  });

  it("keeps the addresses of one step's webhooks as those of all", async () => {
    const webhooks = [
      { name: "gate", url: pulumi.secret("http://gate.test/hush-url") },
      { name: "b", url: "http://b/" },
    ];
    const steps = [
      { weight: 10, webhooks },
      { pause: "1m", webhooks },
    ];
    const deployed = await run(() => ({ args: { ...plain, analysis: { steps } } }));
    expect(deployed.errors).to.deep.equal([]);
    const { inputs } = find(deployed, ":Analysis", "podinfo-analysis");
    const hidden = [
      { name: "gate", url: "[secret]" },
      { name: "b", url: "[secret]" },
    ];
    expect(at(settingsOf(withoutSecrets(inputs)), "analysis", "steps")).to.deep.equal([
      { weight: 10, webhooks: hidden },
      { pause: "1m", webhooks: hidden },
    ]);
  });

  it("depends on what its outputs come from", () => {
    const urns = find(update, ":Deployment", "podinfo-deployment").dependencies.join("\n");
    expect(urns)
      .to.match(/test:index:Other::image$/m)
      .and.match(/test:index:Other::tier$/m);
  });
});

describe("a secret of a release", () => {
  const withToken = (token: pulumi.Input<string>): (() => { args: CanaryReleaseArgs }) => {
    return () => ({ args: { ...plain, secrets: { keys: { TOKEN: token } } } });
  };

  it("is a revision when it changes, by a hash that only its key can make", async () => {
    const one = revisionOf(await run(withToken(pulumi.secret("hush-1"))));
    const other = revisionOf(await run(withToken(pulumi.secret("hush-2"))));
    expect(one).to.match(/^[0-9a-f]{10}$/);
    expect(other)
      .to.match(/^[0-9a-f]{10}$/)
      .and.not.equal(one);
    expect(revisionOf(await run(withToken("hush-1"))), "the same, written plainly").to.equal(one);
  });

  it("is none when only something else of the program becomes one", async () => {
    const before = revisionOf(await run(() => ({ args: plain })));
    const url = pulumi.secret("http://flagger-prometheus.apisix:9090");
    expect(revisionOf(await run(() => ({ args: { ...plain, prometheusUrl: url } })))).to.equal(before);
  });

  it("may stand in the template or in a ConfigMap: the hash is keyed there too", async () => {
    const image = (value: pulumi.Input<string>): CanaryReleaseArgs => ({
      ...plain,
      template: { spec: { containers: [{ name: "a", image: value }] } },
    });
    const open = await run(() => ({ args: image("podinfo:1") }));
    const hidden = await run(() => ({ args: image(pulumi.secret("podinfo:1")) }));
    expect(open.registered.some(({ type }) => type.endsWith(":GeneratedKey"))).to.equal(false);
    expect(hidden.registered.some(({ type }) => type.endsWith(":GeneratedKey"))).to.equal(true);
    expect(revisionOf(hidden))
      .to.match(/^[0-9a-f]{10}$/)
      .and.not.equal(revisionOf(open));
  });
});

describe("what is wrong in an output", () => {
  const wrong: readonly (readonly [string, Partial<CanaryReleaseArgs>, string])[] = [
    ["a host that is none", { route: { hosts: pulumi.output(["not a host"]) } }, "route.hosts[0]: must be a host name"],
    ["a port out of range", { service: { port: pulumi.output(70_000) } }, "service.port: must be 1 to 65535"],
    ["a weight above 100", { analysis: { stepWeight: pulumi.output(0) } }, "analysis.stepWeight: must be 1 to 100"],
    [
      "a setting that nobody knows",
      { analysis: pulumi.output({ stepWeight: 10, ...{ thresold: 3 } }) },
      'analysis.thresold: is not a known setting: did you mean "threshold"?',
    ],
    ["replicas and autoscaler", { replicas: pulumi.output(0) }, "replicas: must be at least 1"],
  ];
  for (const [title, change, message] of wrong)
    it(`${title} is told in one line, before anything is touched`, async () => {
      for (const isPreview of [true, false]) {
        const { errors, registered } = await run(() => ({ args: { ...plain, ...change } }), isPreview);
        expect(errors).to.deep.equal([message]);
        const touching = registered.filter(({ type }) => /^kubernetes:|dynamic/.test(type));
        expect(touching.map(({ name }) => name)).to.deep.equal([]);
      }
    });

  it("is told when it is known, if a preview could not know it", async () => {
    const program =
      (isPreview: boolean): (() => { args: CanaryReleaseArgs }) =>
      () => ({ args: { ...plain, replicas: later("count", 0, isPreview) } });
    const preview = await run(program(true), true);
    expect(preview.errors).to.deep.equal([]);
    const update = await run(program(false));
    expect(update.errors).to.deep.equal(["replicas: must be at least 1"]);
    expect(update.registered.filter(({ type }) => type.startsWith("kubernetes:"))).to.deep.equal([]);
  });

  it("is not shown where it is a secret", async () => {
    const drain = pulumi.secret("hunter2");
    const { errors } = await run(() => ({ args: { ...plain, drain } }));
    expect(errors).to.have.length(1);
    expect(errors[0])
      .to.match(/^drain: not a duration: .*\[secret\]/)
      .and.not.contain("hunter2");
  });

  it("what decides which resources there are can't be one", async () => {
    const name: unknown = pulumi.output("shop");
    const { errors } = await run(() => ({ args: Object.assign({}, plain, { name }) }));
    expect(errors[0]).to.contain("name: must not be an output itself, since it decides which resources there are");
  });
});
