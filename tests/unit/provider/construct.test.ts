import * as pulumi from "@pulumi/pulumi";
import { ConstructRequest } from "@pulumi/pulumi/proto/provider_pb.js";
import type { ConstructResponse } from "@pulumi/pulumi/proto/provider_pb.js";
import { expect } from "chai";
import { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import type { JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb.js";
import { packageVersion } from "../../../provider/package.js";
import { ask, Plugin, urnOf } from "./plugin.js";
import type { Registered } from "./plugin.js";

type Bag = Record<string, JavaScriptValue>;

const { specialSigKey, specialSecretSig, specialOutputValueSig, specialResourceSig, unknownValue } = pulumi.runtime;

const release: Bag = {
  namespace: "test",
  template: { spec: { containers: [{ name: "podinfod", image: "podinfo:6.0.1" }] } },
  service: { port: 80, targetPort: 9898 },
  route: { hosts: ["app.example.com"] },
  ingressClassName: "apisix",
  prometheusUrl: "http://flagger-prometheus.apisix:9090",
  secrets: { keys: { TOKEN: { [specialSigKey]: specialSecretSig, value: "hush-hush" } } },
  analysis: {
    stepWeight: 10,
    webhooks: [{ name: "gate", url: { [specialSigKey]: specialSecretSig, value: "http://gate.test/?key=hush-hush" } }],
  },
};

describe("components that the plugin constructs", () => {
  let plugin: Plugin;
  before(async () => (plugin = await Plugin.start()));
  after(() => plugin.stop());
  beforeEach(() => plugin.registered.splice(0));

  function construct(className: string, name: string, inputs: Bag, isPreview = false): Promise<ConstructResponse> {
    const request = new ConstructRequest()
      .setProject("project")
      .setStack("dev")
      .setMonitorendpoint(plugin.engineAddress)
      .setDryrun(isPreview)
      .setType(`apisix-canary:index:${className}`)
      .setName(name)
      .setInputs(Struct.fromJavaScript(inputs));
    return ask((callback) => plugin.client.construct(request, callback));
  }

  function stateOf(response: ConstructResponse): Bag {
    return response.getState()?.toJavaScript() ?? {};
  }

  function find(type: string): Registered {
    const found = plugin.registered.find((each) => each.type.endsWith(`:${type}`));
    if (found === undefined) throw new Error(`no ${type}`);
    return found;
  }

  async function refusal(changes: Bag, isPreview = false): Promise<string> {
    return construct("CanaryRelease", "podinfo", { ...release, ...changes }, isPreview).then(
      () => "no error",
      (error: unknown) => (error instanceof Error && "metadata" in error ? `${error.message} ${detailsOf(error)}` : ""),
    );
  }

  it("are the same classes, whose steps are resources of this plugin and of its version", async () => {
    const response = await construct("CanaryRelease", "podinfo", release);
    expect(response.getUrn()).to.equal(urnOf("apisix-canary:index:CanaryRelease", "podinfo"));
    expect(plugin.registered.filter(({ type }) => type.startsWith("pulumi-nodejs:"))).to.deep.equal([]);
    const own = plugin.registered.filter(({ type, isCustom }) => isCustom && type.startsWith("apisix-canary:"));
    expect(own.map(({ type, version }) => `${type} ${version}`)).to.deep.equal(
      ["GeneratedKey", "Preparation", "Analysis", "Promotion"].map(
        (step) => `apisix-canary:index:${step} ${packageVersion()}`,
      ),
    );
    expect(find("Analysis").inputs).not.to.have.property("__provider");
    expect(find("Promotion").dependencies).to.include(
      urnOf("kubernetes:apps/v1:Deployment", "podinfo-primary-deployment"),
    );
  });

  it("answer with their outputs", async () => {
    const state = stateOf(await construct("CanaryRelease", "podinfo", release));
    expect(state).to.include({ routeName: "podinfo-podinfo-canary" });
    expect(JSON.stringify(state["revision"])).to.match(/[0-9a-f]{10}/);
    expect(state).to.have.keys("routeName", "revision", "outcome", "promoted", "service");
  });

  it("keep what is secret secret", async () => {
    await construct("CanaryRelease", "podinfo", release);
    const open = JSON.stringify(plugin.registered.map(({ inputs }) => withoutSecrets(inputs)));
    expect(open).not.to.contain("hush-hush");
    expect(JSON.stringify(find("Analysis").inputs)).to.contain("hush-hush");
  });

  it("take outputs of other resources where the class wants plain values, when they are known", async () => {
    const port = {
      [specialSigKey]: specialOutputValueSig,
      value: 8080,
      dependencies: ["urn:pulumi:dev::project::a:b:C::c"],
    };
    await construct("CanaryRelease", "podinfo", { ...release, service: { port, targetPort: 9898 } });
    expect(JSON.stringify(find("Service").inputs)).to.contain('"port":8080');
  });

  it("say by name what must be known in preview, and what can't be secret", async () => {
    const unknown = { [specialSigKey]: specialOutputValueSig };
    expect(await refusal({ service: { port: 80, name: unknown } }, true)).to.match(
      /service\.name.*must be known in preview/s,
    );
    const hidden = { [specialSigKey]: specialOutputValueSig, value: "shop", secret: true };
    expect(await refusal({ service: { port: 80, name: hidden } })).to.match(/service\.name.*can't be a secret/s);
  });

  it("go on in preview with a namespace that is not known yet", async () => {
    const state = stateOf(await construct("CanaryRelease", "podinfo", { ...release, namespace: unknownValue }, true));
    expect(state["routeName"]).to.equal("podinfo-podinfo-canary");
  });

  it("refuse wrong arguments in the class's own line", async () => {
    expect(await refusal({ route: { hosts: ["not a host"] } })).to.contain("route.hosts[0]: must be a host name");
    expect(await refusal({ replica: 2 })).to.match(/replica\b.*replicas/);
  });

  it("know a platform that was constructed before them", async () => {
    const platform = await construct("CanaryPlatform", "edge", { namespace: "gateways" });
    expect(stateOf(platform)).to.include({ scrapeIntervalSeconds: 2 });
    const reference = { [specialSigKey]: specialResourceSig, urn: platform.getUrn(), packageVersion: packageVersion() };
    plugin.registered.splice(0);
    const { ingressClassName: _class, prometheusUrl: _url, ...rest } = release;
    await construct("CanaryRelease", "podinfo", { ...rest, platform: reference });
    expect(JSON.stringify(find("Analysis").inputs)).to.contain("http://flagger-prometheus.gateways:9090");
  });

  it("make keys of this plugin for the gateway", async () => {
    await construct("Apisix", "gateway", { namespace: "apisix" });
    expect(find("GeneratedKey")).to.include({ isCustom: true, version: packageVersion() });
  });

  it("are none but those of the package", async () => {
    const error = await construct("Teapot", "short", {}).catch((failure: unknown) => failure);
    expect(String(error)).to.contain("apisix-canary:index:Teapot is not a component of this package");
  });
});

/** Problems of properties travel as details of the error. */
function detailsOf(error: object): string {
  const metadata: unknown = Reflect.get(error, "metadata");
  const get: unknown = typeof metadata === "object" && metadata !== null ? Reflect.get(metadata, "get") : undefined;
  if (typeof get !== "function") return "";
  const values: unknown = Reflect.apply(get, metadata, ["grpc-status-details-bin"]);
  return Array.isArray(values) ? values.map((each) => String(each)).join("") : "";
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  if (Reflect.get(value, specialSigKey) === specialSecretSig) return "secret";
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutSecrets(each)]));
}
