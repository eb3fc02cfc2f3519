import { expect } from "chai";
import fc from "fast-check";
import { carriedUpstream, sourceUpstream } from "../../../release/source-route/index.js";
import { backend, clone, cloned, problems, rule } from "./routes.js";

const counting = { name: "prometheus", enable: true, config: { prefer_name: true } };

describe("the rules of a source route", () => {
  it("become a pair of primary and canary at rest, one priority above", () => {
    expect(cloned([rule()])).to.deep.equal([
      {
        ...rule(),
        priority: 1,
        backends: [backend("web-primary", 100), backend("web-canary", 0)],
        plugins: [counting],
      },
    ]);
  });

  it("keep everything else of theirs", () => {
    const kept = {
      priority: 4,
      timeout: { read: "3s" },
      websocket: true,
      authentication: { enable: true, type: "keyAuth" },
      plugin_config_name: "shared",
      match: {
        hosts: ["app.example.com"],
        paths: ["/api/*"],
        methods: ["GET"],
        remoteAddrs: ["10.0.0.0/8"],
        exprs: [{ subject: { scope: "Header", name: "X-A" }, op: "Equal", value: "b" }],
      },
      fieldOfALaterVersion: { a: 1 },
    };
    const limit = { name: "limit-count", enable: true, config: { count: 2 }, secretRef: "keys" };
    const [found] = cloned([rule({ ...kept, plugins: [limit] })]);
    expect(found).to.deep.include({ ...kept, priority: 5, plugins: [limit, counting] });
  });

  it("that lead elsewhere are left to their route", () => {
    const rules = [
      rule({ name: "search", backends: [backend("search")] }),
      rule(),
      rule({ name: "external", backends: [], upstreams: [{ name: "cdn" }] }),
      rule({ name: "nobody", backends: [backend("web", 0), backend("search", 100)] }),
    ];
    expect(cloned(rules).map(({ name }) => name)).to.deep.equal(["app"]);
  });

  it("leave the share of other backends as it is", () => {
    const [mixed] = cloned([rule({ backends: [backend("web", 90), backend("search", 10)] })]);
    expect(mixed?.["backends"]).to.deep.equal([
      backend("web-primary", 900),
      backend("web-canary", 0),
      backend("search", 100),
    ]);
    const [external] = cloned([rule({ backends: [backend("web", 50)], upstreams: [{ name: "cdn", weight: 50 }] })]);
    expect(external?.["backends"]).to.deep.equal([backend("web-primary", 100), backend("web-canary", 0)]);
    expect(external?.["upstreams"]).to.deep.equal([{ name: "cdn", weight: 100 }]);
  });

  it("keep all proportions, whatever the weights, and a pair whose percents are whole numbers", () => {
    const weight = fc.integer({ min: 1, max: 1000 });
    fc.assert(
      fc.property(weight, fc.array(weight, { minLength: 1, maxLength: 4 }), (own, others) => {
        const backends = [...others.map((each, index) => backend(`other${index}`, each)), backend("web", own)];
        const [found] = cloned([rule({ backends })]);
        const list = found?.["backends"];
        const weights = Array.isArray(list) ? list.map((each: { weight: number }) => each.weight) : [];
        const pair = weights.at(-2) ?? 0;
        expect(weights.at(-1)).to.equal(0);
        expect(pair % 100).to.equal(0);
        others.forEach((other, index) => expect((weights[index] ?? 0) * own).to.equal(pair * other));
      }),
    );
  });

  it("of a lone backend have a pair of 100, whatever its weight says", () => {
    for (const weight of [0, 1, 250]) {
      const [found] = cloned([rule({ backends: [backend("web", weight)] })]);
      expect(found?.["backends"]).to.deep.equal([backend("web-primary", 100), backend("web-canary", 0)]);
    }
  });

  it("that name the port by its name lead to the release as well", () => {
    const [found] = cloned([rule({ backends: [{ serviceName: "web", servicePort: "http" }] })]);
    expect(found?.["backends"]).to.deep.equal([backend("web-primary", 100), backend("web-canary", 0)]);
  });

  it("go to the pods themselves: by the address of a Service nobody could tell them apart", () => {
    const rules = [rule({ backends: [backend("web", 100, { resolveGranularity: "service" })] })];
    expect(cloned(rules)[0]?.["backends"]).to.deep.equal([backend("web-primary", 100), backend("web-canary", 0)]);
    const result = clone(rules);
    expect(result.kind === "cloned" ? result.notes : []).to.deep.equal([
      "ApisixRoute shop: spec.http[0].backends[0].resolveGranularity: service becomes endpoint, since only by their pods' addresses can primary and canary be told apart",
    ]);
  });

  it("count under their names, wherever the plugin comes from", () => {
    const plugins = (given: readonly object[], shared: readonly object[] = []): unknown => {
      const configs = new Map([["test/shared", shared.map((each) => ({ name: "prometheus", enable: true, ...each }))]]);
      return cloned([rule({ plugins: given, plugin_config_name: "shared" })], configs)[0]?.["plugins"];
    };
    expect(plugins([{ name: "prometheus", enable: true }])).to.deep.equal([counting]);
    expect(plugins([{ name: "prometheus", enable: false, config: { a: 1 } }])).to.deep.equal([
      { ...counting, config: { a: 1, prefer_name: true } },
    ]);
    expect(plugins([], [{ config: { b: 2 } }])).to.deep.equal([{ ...counting, config: { b: 2, prefer_name: true } }]);
    expect(plugins([{ name: "cors", enable: true }])).to.deep.equal([{ name: "cors", enable: true }, counting]);
  });

  const refused: Readonly<Record<string, readonly [readonly string[], string]>> = {
    "no rule that leads to the release": [
      problems([rule({ backends: [backend("search")] }), rule({ backends: [], upstreams: [{ name: "cdn" }] })]),
      "ApisixRoute shop: no rule leads to Service web in namespace test (its rules lead to search, ApisixUpstream cdn); name it in a backend, or give service.name",
    ],
    "no rule at all": [
      problems([]),
      "ApisixRoute shop: no rule leads to Service web in namespace test (it has no backend); name it in a backend, or give service.name",
    ],
    "another port": [
      problems([rule({ backends: [{ serviceName: "web", servicePort: 8080 }] })]),
      "ApisixRoute shop: spec.http[0].backends[0].servicePort: leads to port 8080 of Service web, and the release has port 80",
    ],
    "a subset": [
      problems([rule(), rule({ name: "b", backends: [backend("web", 100, { subset: "v1" })] })]),
      "ApisixRoute shop: spec.http[1].backends[0].subset: v1: a release is all pods of its Service, never a subset of them",
    ],
    "a Service of the release itself": [
      problems([rule({ backends: [backend("web"), backend("web-canary")] })]),
      "ApisixRoute shop: spec.http[0].backends[1].serviceName: web-canary is a Service of the release itself, which splits web",
    ],
    "the Service twice": [
      problems([rule({ backends: [backend("web"), backend("web")] })]),
      "ApisixRoute shop: spec.http[0].backends: names Service web 2 times",
    ],
    "weights that say nothing": [
      problems([rule({ backends: [backend("web", 0), backend("search", 0)] })]),
      "ApisixRoute shop: spec.http[0].backends: all weights are 0, so nobody knows its shares",
    ],
    "a split of its own": [
      problems([rule({ plugins: [{ name: "traffic-split", enable: true }] })]),
      "ApisixRoute shop: spec.http[0].plugins[0]: plugin traffic-split would override the release's weights: take it out",
    ],
    "a split of its own in a config": [
      problems(
        [rule({ plugin_config_name: "shared" })],
        {},
        new Map([["test/shared", [{ name: "traffic-split", enable: true }]]]),
      ),
      "ApisixRoute shop: spec.http[0].plugin_config_name: ApisixPluginConfig test/shared: plugin traffic-split would override the release's weights: take it out",
    ],
    "another class": [
      problems([rule()], { ingressClassName: "other" }),
      "ApisixRoute shop: spec.ingressClassName: is other, and the release's class is apisix",
    ],
    "a rule in between": [
      problems([rule(), rule({ name: "beta", priority: 1, backends: [backend("beta")] })]),
      "ApisixRoute shop: spec.http[1].priority: 1 of rule beta is what the release gives to its copy of rule app: raise it to 2",
    ],
  };
  for (const [what, [found, expected]] of Object.entries(refused)) {
    it(`are refused in one line: ${what}`, () => expect(found).to.deep.equal([expected]));
  }

  it("may have neighbours of any priority that never match the same request", () => {
    const beta = (match: object, priority = 1): object =>
      rule({ name: "beta", priority, match, backends: [backend("beta")] });
    expect(problems([rule(), { ...beta({ hosts: ["b.example.com"], paths: ["/*"] }) }])).to.deep.equal([]);
    expect(problems([rule(), { ...beta({ hosts: ["app.example.com"], paths: ["/b/*"] }) }])).to.deep.equal([]);
    expect(problems([rule(), { ...beta({ paths: ["/*"] }, 2) }])).to.deep.equal([]);
    expect(problems([rule(), { ...beta({ hosts: ["*.example.com"], paths: ["/*"] }) }])).to.have.length(1);
  });
});

describe("the ApisixUpstream of a Service", () => {
  it("is carried over as it is, but for its class and for nodes of others", () => {
    const spec = {
      ingressClassName: "apisix",
      scheme: "grpc",
      retries: 1,
      timeout: { read: "3s" },
      healthCheck: { active: { httpPath: "/healthz" } },
      passHost: "node",
      subsets: [{ name: "v1", labels: { version: "v1" } }],
      portLevelSettings: [{ port: 80, scheme: "grpc" }],
    };
    const carried = carriedUpstream("web", sourceUpstream.parse({ spec: { ...spec, externalNodes: [{ name: "a" }] } }));
    const { ingressClassName: _class, ...others } = spec;
    expect(carried.spec).to.deep.equal(others);
    expect(carried.notes).to.deep.equal([
      "ApisixUpstream web: spec.externalNodes is not carried over: primary and canary are the pods of their Services",
    ]);
  });

  it("says nothing where there is none", () =>
    expect(carriedUpstream("web", undefined)).to.deep.equal({ spec: {}, notes: [] }));
});
