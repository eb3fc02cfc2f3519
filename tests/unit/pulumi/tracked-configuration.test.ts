import { expect } from "chai";
import { trackedConfiguration } from "../../../release/index.js";
import { closeServers, kubeconfigFor, playApi } from "../adapters/fixture.js";

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const core = "/api/v1/namespaces/test";
const names = { ConfigMap: ["settings", "left-out", "not-there"], Secret: ["keys"] };

/** A cluster with one ConfigMap, one that nobody wants tracked, and one Secret. */
const objects = (colour: string) => ({
  [`GET ${core}/configmaps/settings`]: { metadata: { name: "settings" }, data: { COLOUR: colour } },
  [`GET ${core}/configmaps/left-out`]: {
    metadata: { annotations: { "apisix-canary.io/config-tracking": "disabled" } },
    data: { A: "b" },
  },
  [`GET ${core}/secrets/keys`]: { metadata: {}, type: "Opaque", data: { TOKEN: "aHVzaA==" } },
});

function asked(url: string): Readonly<Record<string, unknown>> {
  return { namespace: "test", release: "podinfo", names, secrets: {}, kubeconfig: kubeconfigFor(url) };
}

describe("the configuration that a template only refers to", () => {
  afterEach(closeServers);

  const read = {
    configMaps: { settings: { data: { COLOUR: "blue" } } },
    secrets: { keys: { type: "Opaque", data: { TOKEN: "aHVzaA==" } } },
  };

  it("is read in preview, as far as it is there and nobody opted out", async () => {
    const { url } = await playApi(objects("blue"));
    const { inputs, failures } = await trackedConfiguration.check({}, asked(url));
    expect(failures).to.deep.equal([]);
    expect(inputs).to.deep.include(read);
    expect(await trackedConfiguration.create(inputs)).to.deep.equal({ id: "test/podinfo/configuration", outs: inputs });
  });

  it("is another one when its content changes, and no other way", async () => {
    const before = (await trackedConfiguration.check({}, asked((await playApi(objects("blue"))).url))).inputs;
    const same = (await trackedConfiguration.check(before, asked((await playApi(objects("blue"))).url))).inputs;
    const other = (await trackedConfiguration.check(before, asked((await playApi(objects("green"))).url))).inputs;
    expect(await trackedConfiguration.diff("id", before, same)).to.deep.equal({ changes: false });
    expect(await trackedConfiguration.diff("id", before, other)).to.deep.equal({ changes: true });
  });

  it("is what it was where there is no cluster to ask", async () => {
    const before = { ...asked("http://127.0.0.1:1"), ...read };
    const { inputs, failures } = await trackedConfiguration.check(before, asked("http://127.0.0.1:1"));
    expect(failures).to.deep.equal([]);
    expect(inputs).to.deep.include(read);
    const first = await trackedConfiguration.check({}, asked("http://127.0.0.1:1"));
    expect(first.inputs).not.to.have.property("configMaps");
    const failed = await trackedConfiguration.create(first.inputs).catch((error: unknown) => error);
    expect(failed).to.be.instanceOf(Error).with.property("message").that.does.not.contain("\n");
  });

  it("waits for what a preview does not know", async () => {
    const { inputs } = await trackedConfiguration.check({}, { ...asked("http://127.0.0.1:1"), namespace: unknown });
    expect(inputs).not.to.have.property("configMaps");
    expect(await trackedConfiguration.diff("id", {}, inputs)).to.deep.equal({ changes: true });
  });

  it("is refused in one line, with the way out, where nobody may read it", async () => {
    const { url } = await playApi({ ...objects("blue"), [`GET ${core}/secrets/keys`]: () => [403, { message: "ci cannot get secrets" }] });
    const { failures } = await trackedConfiguration.check({}, asked(url));
    expect(failures).to.have.length(1);
    expect(failures[0]?.reason).to.contain("secrets").and.contain("trackConfiguration: false").and.not.contain("\n");
  });
});
