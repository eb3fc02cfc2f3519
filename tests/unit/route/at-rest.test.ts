import { expect } from "chai";
import { ownedRules, refusalsOf, rulesAtRest } from "../../../components/canary-release/route/index.js";
import type { HttpRule } from "../../../components/canary-release/route/index.js";
import { release } from "../../../release/settings/index.js";
import type { AnalysisSettings } from "../../../release/settings/index.js";
import { emptyBuckets, ruleKindOf } from "../../../release/strategy/index.js";
import { matchEntry } from "../../../release/settings/index.js";

const plain = release.shape.analysis.parse({ stepWeight: 10 });
const route = { hosts: ["app.example.com"], plugins: [{ name: "cors", enable: true }] };
const owned = ownedRules("app", "app", 80, route);

function withStrategy(change: Partial<AnalysisSettings>): AnalysisSettings {
  return { ...plain, ...change };
}

function built(change: Partial<AnalysisSettings>, base: readonly HttpRule[] = owned): readonly HttpRule[] {
  return rulesAtRest(base, { analysis: withStrategy(change), service: "app", port: 80, mirrorToken: "a1b2" });
}

const both = [
  { serviceName: "app-primary", servicePort: 80, weight: 100 },
  { serviceName: "app-canary", servicePort: 80, weight: 0 },
];
const names = (rules: readonly HttpRule[]): unknown[] => rules.map(({ name }) => name);
const exprs = (rule: HttpRule | undefined): unknown => Reflect.get(Object(rule?.["match"]), "exprs");
const plugin = (rule: HttpRule | undefined, name: string): unknown => {
  const plugins: unknown = rule?.["plugins"];
  return Array.isArray(plugins) ? plugins.find((each) => Reflect.get(Object(each), "name") === name) : undefined;
};

const match = [
  matchEntry.parse({ headers: { "X-Insider": { exact: "yes" } }, cookies: { beta: { regex: "^(a|b)$" } } }),
  matchEntry.parse({ query: { v: { in: ["1", "2"] } }, remoteAddr: ["10.0.0.0/8"] }),
];
const mirror = { percent: 10, methods: ["GET" as const], timeout: 1.5 };
const sessionAffinity = { cookieName: "bucket", maxAge: 60, secure: true, cookieless: "primary" as const };

describe("a route at rest", () => {
  it("of a canary is the user's rules and nothing else", () => {
    expect(built({})).to.deep.equal(owned);
  });

  it("appends rules behind all of the user's, one kind after the other, each 100/0", () => {
    const source = [
      { name: "a", match: { paths: ["/a/*"] }, priority: 3, websocket: true, backends: both },
      { name: "b", match: { paths: ["/*"] }, priority: 1, backends: both },
    ];
    const rules = built({ match, preview: { path: "/preview" } }, source);
    expect(names(rules)).to.deep.equal([
      ...["a", "b", "a-match", "a-match-2", "b-match", "b-match-2", "a-preview", "b-preview"],
    ]);
    rules.forEach((rule) => expect(rule["backends"]).to.deep.equal(both));
    expect(rules.map(({ priority }) => priority)).to.deep.equal([3, 1, 4, 4, 2, 2, 5, 3]);
    expect(rules[2]).to.include({ websocket: true });
    const kinds = rules.map(({ name }) => ruleKindOf(String(name), ["match", "preview"]));
    expect(kinds.join(" ")).to.equal("base base match match match match preview preview");
  });

  it("matches as the entries say: all conditions within one, any of them", () => {
    const [, first, second] = built({ match });
    expect(exprs(first)).to.deep.equal([
      { subject: { scope: "Header", name: "X-Insider" }, op: "Equal", value: "yes" },
      { subject: { scope: "Cookie", name: "beta" }, op: "RegexMatch", value: "^(a|b)$" },
    ]);
    expect(second?.["match"]).to.deep.equal({
      hosts: ["app.example.com"],
      paths: ["/*"],
      remoteAddrs: ["10.0.0.0/8"],
      exprs: [{ subject: { scope: "Query", name: "v" }, op: "In", set: ["1", "2"] }],
    });
    const others = matchEntry.parse({
      headers: { a: { prefix: "v1.0/" }, b: { present: true }, c: { present: false } },
    });
    expect(exprs(built({ match: [others] })[1])).to.deep.equal([
      { subject: { scope: "Header", name: "a" }, op: "RegexMatch", value: "^v1\\.0/" },
      { subject: { scope: "Header", name: "b" }, op: "RegexMatch", value: "^" },
      { subject: { scope: "Header", name: "c" }, op: "RegexNotMatch", value: "^" },
    ]);
  });

  it("has a way of its own for the preview: a host, a header, or a path that the application doesn't see", () => {
    const byHost = built({ preview: { hosts: ["preview.example.com"] } })[1];
    expect(byHost?.["match"]).to.deep.equal({ hosts: ["preview.example.com"], paths: ["/*"] });
    const byHeader = built({ preview: { header: { name: "X-Preview", value: "1" } } })[1];
    expect(exprs(byHeader)).to.deep.equal([
      { subject: { scope: "Header", name: "X-Preview" }, op: "Equal", value: "1" },
    ]);
    const byPath = built({ preview: { path: "/pre.view" } })[1];
    expect(byPath?.["match"]).to.deep.equal({ hosts: ["app.example.com"], paths: ["/pre.view/*"] });
    expect(plugin(byPath, "proxy-rewrite")).to.deep.equal({
      name: "proxy-rewrite",
      enable: true,
      config: { regex_uri: ["^/pre\\.view(/.*)$", "$1"] },
    });
    expect(plugin(byPath, "cors")).to.deep.equal({ name: "cors", enable: true });
  });

  it("mirrors in a loop: off at rest, never a copy of a copy, back from the gateway itself only, to the canary alone", () => {
    const [base, loop] = built({ mirror });
    expect(plugin(base, "proxy-mirror")).to.deep.equal({
      name: "proxy-mirror",
      enable: false,
      config: {
        host: "http://127.0.0.1:9080",
        path: "/.mirror-a1b2-0",
        path_concat_mode: "prefix",
        sample_ratio: 0.01,
        _meta: {
          filter: [
            ["uri", "!", "~~", "^/[.]mirror-"],
            ["request_method", "in", ["GET"]],
          ],
        },
      },
    });
    expect(loop).to.deep.equal({
      name: "app-mirror",
      priority: 3,
      match: {
        hosts: ["app.example.com"],
        paths: ["/.mirror-a1b2-0/*"],
        exprs: [{ subject: { scope: "Variable", name: "realip_remote_addr" }, op: "Equal", value: "127.0.0.1" }],
      },
      timeout: { connect: "2s", send: "2s", read: "2s" },
      backends: [{ serviceName: "app-canary", servicePort: 80, weight: 100 }],
      plugins: [
        { name: "prometheus", enable: true, config: { prefer_name: true } },
        { name: "proxy-rewrite", enable: true, config: { regex_uri: ["^/[.]mirror-a1b2-0(/.*)$", "$1"] } },
      ],
    });
  });

  it("gives new users a bucket, and the canary none of them", () => {
    const [base, bucket] = built({ sessionAffinity });
    expect(plugin(base, "response-rewrite")).to.deep.equal({
      name: "response-rewrite",
      enable: true,
      config: {
        headers: { add: ["Set-Cookie: bucket=$request_id; Path=/; Max-Age=60; HttpOnly; Secure"] },
        vars: [["cookie_bucket", "!", "~~", "^"]],
      },
    });
    expect(exprs(bucket)).to.deep.equal([
      { subject: { scope: "Cookie", name: "bucket" }, op: "RegexMatch", value: emptyBuckets },
    ]);
    expect(plugin(bucket, "response-rewrite")).to.equal(undefined);
  });

  it("draws a newcomer's cookie before the way is chosen where newcomers follow the weight", () => {
    const rules = built({ sessionAffinity: { ...sessionAffinity, cookieless: "weight" } });
    expect(names(rules)).to.deep.equal(["app", "app-bucket", "app-newcomer"]);
    const [base, bucket, newcomer] = rules;
    expect(exprs(newcomer)).to.deep.equal([
      { subject: { scope: "Cookie", name: "bucket" }, op: "RegexNotMatch", value: "^" },
      { subject: { scope: "Variable", name: "request_id" }, op: "RegexMatch", value: emptyBuckets },
    ]);
    expect(newcomer?.["priority"]).to.equal(bucket?.["priority"]);
    // The canary's answer brings the cookie that has brought the user there.
    expect(plugin(newcomer, "response-rewrite")).to.deep.equal(plugin(base, "response-rewrite"));
    expect(newcomer?.["backends"]).to.deep.equal(both);
  });
});

describe("a strategy that can't be built on a rule", () => {
  const refused = (change: Partial<AnalysisSettings>, rule: HttpRule): string =>
    refusalsOf([{ name: "app", ...rule }], withStrategy(change))
      .map(({ path, message }) => `${path.join(".")}: ${message}`)
      .join("; ");
  const having = (name: string): HttpRule => ({ plugins: [{ name, enable: true }] });

  it("is refused with the property and what to do instead", () => {
    expect(refused({ mirror: true }, having("proxy-mirror"))).to.equal(
      "analysis.mirror: rule app has a proxy-mirror of its own, so it can't be mirrored",
    );
    const shared: HttpRule = { backends: [...both, { serviceName: "legacy", weight: 30 }] };
    expect(refused({ match }, shared)).to.equal(
      "analysis.match: rule app has other backends than the release's: weights are possible there, or a rule of its own",
    );
    expect(refused({}, shared)).to.equal("");
    expect(refused({ mirror: true }, { plugin_config_name: "x" })).to.contain("ApisixPluginConfig x");
    expect(refused({ sessionAffinity }, having("response-rewrite"))).to.contain("analysis.sessionAffinity: rule app");
    expect(
      refused({ sessionAffinity: { ...sessionAffinity, cookieless: "weight" } }, { name: "app-newcomer" }),
    ).to.contain("analysis.sessionAffinity: rule app-newcomer is named like those");
    expect(refused({ preview: { path: "/p" } }, having("proxy-rewrite"))).to.equal(
      "analysis.preview.path: rule app has a proxy-rewrite of its own: give preview.hosts or preview.header",
    );
    expect(refused({ preview: { hosts: ["b", "a"] } }, { match: { hosts: ["a"] } })).to.equal(
      "analysis.preview.hosts.1: rule app serves a to its users: give a host that nobody uses",
    );
    expect(refused({ match }, { match: { remoteAddrs: ["10.1.0.0/16"] } })).to.contain("analysis.match.1.remoteAddr");
    expect(refused({ match }, { name: "x-preview" })).to.contain("give it another name");
  });

  it("is fine where nothing stands against it", () => {
    expect(refused({}, { name: "x-match", ...having("proxy-mirror") })).to.equal("");
    expect(refused({ match, preview: { header: { name: "a", value: "b" } } }, having("proxy-rewrite"))).to.equal("");
  });
});
