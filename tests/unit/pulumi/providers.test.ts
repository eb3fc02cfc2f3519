import { expect } from "chai";
import { analysis, preparation, promotion } from "../../../release/index.js";

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

function inputs(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    __provider: "the stub of this package version",
    settings: settings(),
    // No cluster answers here: the inputs alone decide.
    kubeconfig: '{"clusters":[]}',
    ...changes,
  };
}

function settings(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    name: "podinfo",
    namespace: "test",
    revision: "aaaaaaaaaa",
    routeName: "podinfo-podinfo-canary",
    service: { name: "podinfo", port: 80 },
    analysis: { interval: "10s", stepWeight: 10, maxWeight: 50 },
    prometheusUrl: "http://flagger-prometheus.apisix:9090",
    ...changes,
  };
}

describe("the dynamic resources", () => {
  it("accept good inputs, and keep them as they are", async () => {
    const { inputs: kept, failures } = await analysis.check({}, inputs());
    expect(failures).to.deep.equal([]);
    expect(kept).to.deep.equal(inputs());
  });

  it("name the property of each wrong input", async () => {
    const wrong = { service: { name: "podinfo", port: 70000 }, analysis: { stepWeight: 120, interval: "soon" } };
    const { failures } = await analysis.check({}, inputs({ settings: settings(wrong) }));
    expect(failures).to.deep.equal([
      { property: "service.port", reason: "must be 1 to 65535" },
      { property: "analysis.interval", reason: 'not a duration: "soon"; write it like "10s" or "1m30s"' },
      { property: "analysis.stepWeight", reason: "must be 1 to 100" },
    ]);
  });

  it("hold nothing against the user that is not known yet", async () => {
    const { failures } = await promotion.check(
      {},
      inputs({ settings: settings({ revision: unknown, prometheusUrl: unknown }) }),
    );
    expect(failures).to.deep.equal([]);
    expect((await promotion.check({}, inputs({ settings: unknown }))).failures).to.deep.equal([]);
    const uids = { releaseUid: unknown, routeUid: unknown, kubeconfig: unknown, context: null, cluster: null };
    expect((await promotion.check({}, inputs(uids))).failures).to.deep.equal([]);
  });

  it("run again for another revision or interval, not for another package version, login or outcome", async () => {
    const diff = (news: Record<string, unknown>) => preparation.diff("id", inputs(), news);
    expect(await diff(inputs({ settings: settings({ revision: "bbbbbbbbbb" }) }))).to.deep.equal({ changes: true });
    expect(await diff(inputs({ settings: settings({ analysis: { interval: "20s", stepWeight: 10 } }) }))).to.deep.equal(
      { changes: true },
    );
    expect(await diff(inputs({ __provider: "the stub of the next version" }))).to.deep.equal({ changes: false });
    expect(await diff(inputs({ kubeconfig: "another", context: "other" }))).to.deep.equal({ changes: false });
    const proof = { releaseUid: "a", routeUid: "b", cluster: "eu" };
    expect(await diff(inputs(proof))).to.deep.equal({ changes: false });
    expect(await diff(inputs({ releaseUid: unknown, routeUid: unknown }))).to.deep.equal({ changes: false });
    expect(await preparation.diff("id", inputs({ outcome: "passed" }), inputs())).to.deep.equal({ changes: false });
  });

  it("take the settings as a text with what is computed beside it, and see no change in that since an earlier version", async () => {
    const asText = (changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => {
      const { prometheusUrl, ...plain } = settings(changes);
      return inputs({ settings: JSON.stringify(plain), computed: { "/prometheusUrl": prometheusUrl } });
    };
    expect((await analysis.check({}, asText())).failures).to.deep.equal([]);
    expect((await analysis.check({}, asText({ prometheusUrl: "nowhere" }))).failures).to.deep.equal([
      { property: "prometheusUrl", reason: "must be an http or https URL" },
    ]);
    expect((await analysis.check({}, asText({ prometheusUrl: unknown }))).failures).to.deep.equal([]);
    expect(await preparation.diff("id", inputs(), asText())).to.deep.equal({ changes: false });
    expect(await preparation.diff("id", asText(), asText())).to.deep.equal({ changes: false });
    for (const changes of [{ revision: "bbbbbbbbbb" }, { prometheusUrl: "http://another:9090" }])
      expect(await preparation.diff("id", asText(), asText(changes))).to.deep.equal({ changes: true });
    const [failure] = (await analysis.check({}, inputs({ settings: "{", computed: {} }))).failures;
    expect(failure?.reason).to.contain("is missing");
  });

  it("know the train beside the settings, and don't run for what it asks of others", async () => {
    const train = (revision: unknown, rest: object = {}) => ({
      train: { name: "shop", order: "together", releases: [{ namespace: "test", name: "cart", revision }], ...rest },
    });
    const { failures } = await analysis.check({}, inputs(train("a", { order: "backwards" })));
    expect(failures.map(({ property }) => property)).to.deep.equal(["train.order"]);
    for (const news of [train("b"), train(unknown), { train: unknown }, { train: null }]) {
      expect((await analysis.check({}, inputs(news))).failures).to.deep.equal([]);
      expect(await preparation.diff("id", inputs(train("a")), inputs(news))).to.deep.equal({ changes: false });
    }
  });

  it("promote once more where an earlier version did not say what it had promoted", async () => {
    expect(await promotion.diff("id", inputs(), inputs())).to.deep.equal({ changes: true });
    expect(await promotion.diff("id", inputs({ promoted: {} }), inputs())).to.deep.equal({ changes: false });
  });

  it("keep nobody from removing a release whose cluster can't be asked", async () => {
    await promotion.delete("id", inputs());
    await promotion.delete("id", inputs({ settings: settings({ ofAnotherVersion: true }) }));
    expect(preparation).not.to.have.property("delete");
    expect(analysis).not.to.have.property("delete");
  });

  it("leave the answer to the inputs where the cluster can't be asked", async () => {
    expect(await analysis.diff("id", inputs(), inputs({ __provider: "next" }))).to.deep.equal({ changes: false });
  });
});
