import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import * as pulumi from "@pulumi/pulumi";
import {
  CheckRequest,
  CreateRequest,
  DeleteRequest,
  DiffRequest,
  DiffResponse,
  GetSchemaRequest,
  UpdateRequest,
} from "@pulumi/pulumi/proto/provider_pb.js";
import type { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb.js";
import type { CheckResponse, CreateResponse, GetSchemaResponse } from "@pulumi/pulumi/proto/provider_pb.js";
import { expect } from "chai";
import { Empty } from "google-protobuf/google/protobuf/empty_pb.js";
import { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import type { JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb.js";
import { packageVersion } from "../../../provider/package.js";
import { closeServers, kubeconfigFor, playApi } from "../adapters/fixture.js";
import { ask, executable, Plugin, urnOf } from "./plugin.js";

type Bag = Record<string, JavaScriptValue>;

const { specialSigKey, specialSecretSig, unknownValue } = pulumi.runtime;
const analysis = { interval: "10s", stepWeight: 10, maxWeight: 50 };
// No cluster answers here: the inputs alone decide.
const nowhere = '{"clusters":[]}';

function secret(value: JavaScriptValue): Bag {
  return { [specialSigKey]: specialSecretSig, value };
}

function settings(changes: Bag = {}): Bag {
  return {
    name: "podinfo",
    namespace: "test",
    revision: "aaaaaaaaaa",
    routeName: "podinfo-podinfo-canary",
    service: { name: "podinfo", port: 80 },
    analysis: secret(analysis),
    prometheusUrl: "http://flagger-prometheus.apisix:9090",
    ...changes,
  };
}

function inputs(changes: Bag = {}, kubeconfig = nowhere): Struct {
  return Struct.fromJavaScript({ settings: settings(changes), kubeconfig: secret(kubeconfig) });
}

function urn(step: string): string {
  return urnOf(`apisix-canary:index:CanaryRelease$apisix-canary:index:${step}`, "podinfo");
}

describe("the plugin for other languages", () => {
  let plugin: Plugin;
  before(async () => (plugin = await Plugin.start()));
  after(() => plugin.stop());

  it("says its version to people", () => {
    const { stdout } = spawnSync(process.execPath, [executable, "--version"], { encoding: "utf8" });
    expect(stdout.trim()).to.equal(packageVersion());
  });

  async function failuresOf(changes: Bag): Promise<readonly string[]> {
    const request = new CheckRequest().setUrn(urn("Analysis")).setOlds(new Struct()).setNews(inputs(changes));
    const response = await ask<CheckResponse>((callback) => plugin.client.check(request, callback));
    return response.getFailuresList().map((each) => `${each.getProperty()}: ${each.getReason()}`);
  }

  async function changes(step: string, olds: Struct, news: Struct): Promise<boolean> {
    const request = new DiffRequest().setUrn(urn(step)).setId("id").setOlds(olds).setNews(news);
    const response = await ask<DiffResponse>((callback) => plugin.client.diff(request, callback));
    return response.getChanges() === DiffResponse.DiffChanges.DIFF_SOME;
  }

  function create(step: string, properties: Struct): Promise<Bag> {
    const request = new CreateRequest().setUrn(urn(step)).setProperties(properties);
    return ask<CreateResponse>((callback) => plugin.client.create(request, callback)).then(
      (response) => response.getProperties()?.toJavaScript() ?? {},
    );
  }

  it("says its version, and a schema of the same", async () => {
    const info = await ask<PluginInfo>((callback) => plugin.client.getPluginInfo(new Empty(), callback));
    expect(info.getVersion()).to.equal(packageVersion());
    const answer = await ask<GetSchemaResponse>((callback) =>
      plugin.client.getSchema(new GetSchemaRequest(), callback),
    );
    expect(JSON.parse(answer.getSchema())).to.include({ name: "apisix-canary", version: packageVersion() });
  });

  it("takes good inputs as they are, their secrets included", async () => {
    const request = new CheckRequest().setUrn(urn("Analysis")).setOlds(new Struct()).setNews(inputs());
    const response = await ask<CheckResponse>((callback) => plugin.client.check(request, callback));
    expect(response.getFailuresList()).to.deep.equal([]);
    expect(response.getInputs()?.toJavaScript()).to.deep.equal(inputs().toJavaScript());
  });

  it("names the property of each wrong input, within secrets too", async () => {
    const wrong = {
      service: { name: "podinfo", port: 70000 },
      analysis: secret({ stepWeight: 120, interval: "soon" }),
    };
    expect(await failuresOf(wrong)).to.deep.equal([
      "service.port: must be 1 to 65535",
      'analysis.interval: not a duration: "soon"; write it like "10s" or "1m30s"',
      "analysis.stepWeight: must be 1 to 100",
    ]);
  });

  it("holds nothing against the user that is not known in preview", async () => {
    expect(await failuresOf({ revision: unknownValue, analysis: secret(unknownValue) })).to.deep.equal([]);
  });

  it("runs a step again for another revision, not for another login or outcome", async () => {
    expect(await changes("Preparation", inputs(), inputs({ revision: "bbbbbbbbbb" }))).to.equal(true);
    expect(await changes("Preparation", inputs(), inputs({}, "another"))).to.equal(false);
    const stored = Struct.fromJavaScript({ ...inputs().toJavaScript(), outcome: "passed" });
    expect(await changes("Analysis", stored, inputs())).to.equal(false);
  });

  it("removes what is the release's own, and refuses in one line what isn't", async () => {
    const remove = (step: string, kubeconfig?: string) => {
      const request = new DeleteRequest().setUrn(urn(step)).setId("id").setProperties(inputs({}, kubeconfig));
      return ask<Empty>((callback) => plugin.client.delete(request, callback)).then(
        () => "removed",
        (failure: unknown) => String(failure),
      );
    };
    for (const step of ["Preparation", "Analysis", "Promotion", "GeneratedKey"])
      expect(await remove(step), step).to.equal("removed");
    const theirs = { metadata: {}, spec: { selector: {}, template: {} } };
    const cluster = await playApi({ "GET /apis/apps/v1/namespaces/test/deployments/podinfo": theirs });
    expect(await remove("Promotion", kubeconfigFor(cluster.url))).to.contain(
      "podinfo.test: Deployment podinfo was not made by this release",
    );
    await closeServers();
  });

  it("makes a key that is secret, and a certificate whose key is", async () => {
    const { value } = await create("GeneratedKey", new Struct());
    expect(value).to.include({ [specialSigKey]: specialSecretSig });
    const made = await create("GeneratedCertificate", Struct.fromJavaScript({ names: ["controller.apisix.svc"] }));
    expect(made["names"]).to.deep.equal(["controller.apisix.svc"]);
    expect(made["certificate"]).to.match(/^-----BEGIN CERTIFICATE-----/);
    expect(made["privateKey"]).to.include({ [specialSigKey]: specialSecretSig });
  });

  it("tells in one line, without the login, why a step can't run", async () => {
    const error = await create("Preparation", inputs({}, '{"clusters":[],"users":[{"name":"hush-hush"}]}')).then(
      () => "no error",
      (failure: unknown) => String(failure),
    );
    expect(error).to.match(/kubeconfig/);
    expect(error).not.to.match(/hush-hush|\n\s+at /);
  });

  it("refuses a type that it has not", async () => {
    const request = new UpdateRequest().setUrn(urn("Teapot")).setOlds(new Struct()).setNews(new Struct());
    const error = await ask((callback) => plugin.client.update(request, callback)).catch((failure: unknown) => failure);
    expect(String(error)).to.contain("apisix-canary:index:Teapot is not a resource of this package");
  });
});

describe("a plugin that is told to end", () => {
  it("ends a running step when the update is cancelled, and answers for it", async () => {
    const plugin = await Plugin.start();
    const cluster = createServer().listen(0, "127.0.0.1");
    await once(cluster, "listening");
    const { port } = cluster.address() as AddressInfo;
    const server = `http://127.0.0.1:${port}`;
    const kubeconfig = JSON.stringify({
      clusters: [{ name: "silent", cluster: { server, "insecure-skip-tls-verify": true } }],
      users: [{ name: "me", user: {} }],
      contexts: [{ name: "here", context: { cluster: "silent", user: "me" } }],
      "current-context": "here",
    });
    try {
      const request = new CreateRequest().setUrn(urn("Analysis")).setProperties(inputs({}, kubeconfig));
      const running = ask<CreateResponse>((callback) => plugin.client.create(request, callback)).catch(
        (failure: unknown) => failure,
      );
      const reached = once(cluster, "request", { signal: AbortSignal.timeout(10_000) });
      await Promise.race([reached, running.then((early) => Promise.reject(new Error(`too early: ${String(early)}`)))]);
      const cancelled = performance.now();
      await ask((callback) => plugin.client.cancel(new Empty(), callback));
      expect(String(await running)).to.match(/cancelled/);
      expect(performance.now() - cancelled).to.be.lessThan(5_000);
    } finally {
      cluster.closeAllConnections();
      cluster.close();
      expect(await plugin.stop()).to.equal(0);
    }
  });
});
