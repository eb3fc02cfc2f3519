import { expect } from "chai";
import { sourceRoute } from "../../../release/index.js";
import { closeServers, kubeconfigFor, playApi } from "../adapters/fixture.js";

const apisix = "/apis/apisix.apache.org/v2/namespaces/test";
const forbidden = (kind: string) => [
  403,
  {
    kind: "Status",
    message: `${kind}.apisix.apache.org "podinfo" is forbidden: User "ci" cannot get resource "${kind}" in API group "apisix.apache.org" in the namespace "test"`,
  },
];

function asked(url: string, source: string | undefined = "podinfo"): Readonly<Record<string, unknown>> {
  return {
    namespace: "test",
    name: "podinfo",
    source,
    routeName: "podinfo-podinfo-canary",
    service: { name: "podinfo", port: 80, portName: "http" },
    ingressClassName: "apisix",
    kubeconfig: kubeconfigFor(url),
  };
}

describe("a source route that may not be read", () => {
  afterEach(closeServers);

  for (const [kind, path] of [
    ["apisixroutes", "apisixroutes/podinfo"],
    ["apisixupstreams", "apisixupstreams/podinfo"],
  ] as const)
    it(`is refused in preview and update alike where RBAC hides ${kind}, and only reads were tried`, async () => {
      const api = await playApi({ [`GET ${apisix}/${path}`]: forbidden(kind) });
      const sentence = `routeRef: not allowed to get ${kind}.apisix.apache.org "podinfo" in namespace test: give this user the RBAC verb "get" on ${kind}.apisix.apache.org in namespace test`;
      const { failures } = await sourceRoute.check({}, asked(api.url));
      expect(failures).to.deep.equal([{ property: "", reason: sentence }]);
      const failed: unknown = await sourceRoute.create(asked(api.url)).catch((error: unknown) => error);
      expect(failed).to.be.instanceOf(Error).with.property("message", sentence);
      expect(new Set(api.seen.map(({ method }) => method))).to.deep.equal(new Set(["GET"]));
    });

  it("is read where only the list of others is hidden: a name that is taken then shows when it is written", async () => {
    const rule = { name: "app", match: { paths: ["/*"] }, backends: [{ serviceName: "podinfo", servicePort: 80 }] };
    const api = await playApi({
      [`GET ${apisix}/apisixroutes/podinfo`]: { metadata: { name: "podinfo" }, spec: { http: [rule] } },
      [`GET ${apisix}/apisixroutes`]: forbidden("apisixroutes"),
    });
    const { inputs, failures } = await sourceRoute.check({}, asked(api.url));
    expect(failures).to.deep.equal([]);
    expect(inputs).to.have.property("http").with.length(1);
  });

  it("is what it was where nobody answers, and then no first revision is made of it", async () => {
    const nowhere = asked("http://127.0.0.1:1");
    const { failures } = await sourceRoute.check({}, nowhere);
    expect(failures).to.deep.equal([]);
    const failed: unknown = await sourceRoute.create(nowhere).catch((error: unknown) => error);
    expect(failed)
      .to.be.instanceOf(Error)
      .with.property("message")
      .that.matches(/^routeRef\.name: [^\n]+$/);
  });
});
