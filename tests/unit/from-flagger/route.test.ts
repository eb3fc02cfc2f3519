import { expect } from "chai";
import { canary, metrics, refusal, takenFrom } from "./data.js";

const own = (service: string, spec = "provider: istio"): string =>
  canary({ routeRef: false, analysis: metrics, spec, service: `hosts: [app.example.com]\n${service}` });

describe("the route of a Canary without a routeRef", () => {
  it("is one of our own for the hosts of its service", () => {
    const { args, warnings } = takenFrom(own(""));
    expect(args).to.not.have.property("routeRef");
    expect(args.route).to.deep.equal({ hosts: ["app.example.com"] });
    expect(warnings).to.deep.equal([
      "spec.provider is left out: the traffic goes through APISIX here, not istio, and queries must name APISIX's metrics",
    ]);
  });

  it("has the paths and methods that it matches", () => {
    const { args } = takenFrom(
      own(
        "match:\n  - { name: v2, uri: { prefix: /v2 }, method: { exact: GET } }\n  - { uri: { exact: /about }, method: { exact: GET } }",
      ),
    );
    expect(args.route).to.deep.equal({
      hosts: ["app.example.com"],
      paths: ["/v2*", "/about"],
      methods: ["GET"],
    });
  });

  it("refuses what would match more than the Canary does", () => {
    const reason = "is a condition that a route of our own can't have: name an ApisixRoute that has it (spec.routeRef)";
    expect(refusal(own("match: [{ uri: { prefix: / }, headers: { x-user: { exact: insider } } }]"))).to.equal(
      `Canary app (line 12): spec.service.match[0].headers: ${reason}`,
    );
    expect(refusal(own("match: [{ headers: { x-user: {} } }]"))).to.contain("match[0].headers");
    expect(refusal(own("match: [{ uri: { regex: '/v[0-9]' } }]"))).to.contain(`match[0].uri: ${reason}`);
    expect(refusal(own("match: [{ uri: { exact: '' } }]"))).to.contain("match[0].uri.exact: must start with /");
    expect(refusal(own("match: [{ uri: { prefix: '/:user' } }]"))).to.contain("takes for a pattern");
    expect(refusal(own("match: [{ method: { exact: GET } }, { uri: { exact: /a } }]"))).to.equal(
      "Canary app (line 12): spec.service.match: its entries name different methods: a route of our own has one rule",
    );
  });

  it("replaces the prefix that matched, as meshes do", () => {
    const rewrites = (service: string, spec?: string): unknown =>
      takenFrom(own(service, spec)).args.route?.plugins?.[0]?.config;
    const match = "match: [{ uri: { prefix: /v2/ } }]";
    expect(rewrites(`${match}\nrewrite: { uri: / }`)).to.deep.equal({ regex_uri: ["^\\/v2/?(.*)", "/$1"] });
    expect(rewrites(`${match}\nrewrite: { uri: /new, authority: new.example.com }`)).to.deep.equal({
      regex_uri: ["^\\/v2(.*)", "/new$1"],
      host: "new.example.com",
    });
    expect(rewrites("match: [{ uri: { exact: /a } }]\nrewrite: { uri: /b }")).to.deep.equal({ uri: "/b" });
    expect(rewrites("rewrite: { uri: /b }", "provider: gatewayapi:v1")).to.deep.equal({ uri: "/b" });
    expect(rewrites("rewrite: { uri: /b, type: ReplacePrefixMatch }", "provider: gatewayapi:v1")).to.deep.equal({
      regex_uri: ["^(.*)", "/b$1"],
    });
  });

  it("changes headers with APISIX's own plugins", () => {
    const { args } = takenFrom(
      own(`headers:
  request: { set: { x-stage: canary }, remove: [x-debug] }
  response: { add: { x-tier: gold }, set: { x-served-by: app } }`),
    );
    expect(args.route?.plugins).to.deep.equal([
      {
        name: "proxy-rewrite",
        enable: true,
        config: { headers: { set: { "x-stage": "canary" }, remove: ["x-debug"] } },
      },
      {
        name: "response-rewrite",
        enable: true,
        config: { headers: { set: { "x-served-by": "app" }, add: ["x-tier: gold"] } },
      },
    ]);
  });

  it("answers other origins as its corsPolicy says, and no others", () => {
    const cors = (policy: string): unknown => takenFrom(own(`corsPolicy: ${policy}`)).args.route?.plugins?.[0];
    expect(
      cors(
        '{ allowOrigins: [{ exact: "https://a.example" }, { exact: "https://b.example" }], allowMethods: [GET, PUT], maxAge: 24h, allowCredentials: true }',
      ),
    ).to.deep.equal({
      name: "cors",
      enable: true,
      config: {
        allow_origins: "https://a.example,https://b.example",
        allow_methods: "GET,PUT",
        allow_headers: "Accept,Accept-Language,Content-Language,Content-Type",
        max_age: 86400,
        allow_credential: true,
      },
    });
    expect(
      cors(
        '{ allowOrigin: ["https://a.example"], allowOrigins: [{ prefix: "https://b." }, { regex: "https://c[0-9]" }] }',
      ),
    )
      .to.have.nested.property("config.allow_origins_by_regex")
      .that.deep.equals(["^https:\\/\\/a\\.example$", "^https:\\/\\/b\\.", "^(?:https://c[0-9])$"]);
    expect(cors("{ allowOrigins: [{ exact: '*' }, { exact: 'https://a.example' }] }")).to.have.nested.property(
      "config.allow_origins",
      "*",
    );
  });

  it("refuses what would stop every update of the gateway", () => {
    const wrong: readonly (readonly [string, string])[] = [
      ["corsPolicy: { allowOrigins: [{ exact: example.com }] }", "allowOrigins[0]: must be an origin, like https://"],
      ["corsPolicy: { allowOrigins: [{ regex: '(' }] }", "allowOrigins[0].regex: is no regular expression"],
      ["corsPolicy: { allowMethods: [GET] }", "corsPolicy.allowOrigins: is missing (needs a list)"],
      ["corsPolicy: { allowOrigins: [{ exact: '*' }], allowCredentials: true }", "corsPolicy: allows credentials"],
      ["corsPolicy: { allowOrigins: [{ exact: '*' }], allowMethods: ['G,T'] }", "allowMethods: has something"],
      ["corsPolicy: { allowOrigins: [{ exact: '*' }], maxAge: soon }", 'maxAge: is not a duration like "24h"'],
      ["headers: { response: { add: { expires: '10:00' } } }", "response.add: has a value with ':'"],
      ["headers: { request: { set: { x: $host } } }", "request.set: has a value that is empty"],
      ["headers: { request: { set: { x: '%START_TIME%' } } }", "request.set: has a value that is empty"],
      ["headers: { request: { set: { 'x y': a } } }", "request.set: has a name that is not a header's"],
      ["rewrite: { uri: v2 }", "rewrite.uri: must be a path that starts with /"],
      ["match: [{ uri: { prefix: /a } }, { uri: { prefix: /b } }]\nrewrite: { uri: / }", "replaces several prefixes"],
    ];
    for (const [service, message] of wrong)
      expect(refusal(own(service)), service)
        .to.contain(`spec.service.`)
        .and.contain(message);
  });

  it("names what a route can't say", () => {
    const { warnings } = takenFrom(own("timeout: 15s\nretries: { attempts: 3 }\ngateways: [mesh]"));
    expect(warnings.slice(1)).to.deep.equal([
      "spec.service.timeout is left out: say it in an ApisixUpstream of the Services (timeout.read)",
      "spec.service.retries is left out: say it in an ApisixUpstream of the Services (retries)",
      "spec.service.gateways is left out: it is of other gateways",
    ]);
  });

  it("is missing where there are no hosts either", () => {
    expect(refusal(canary({ routeRef: false }))).to.equal(
      "Canary app (line 6): spec.routeRef: is missing (needs an ApisixRoute, or service.hosts for a route of its own)",
    );
  });
});
