import { expect } from "chai";
import { canary, documents, metrics, refusal } from "./data.js";

const good = canary({ analysis: metrics });

describe("a text that is no Canary", () => {
  const texts: readonly (readonly [string, string, string])[] = [
    ["nothing", "", "needs one Canary, found 0"],
    ["a comment", "# later", "needs one Canary, found 0"],
    ["a number", "42", "needs one Canary, found 0"],
    ["two Canaries", documents(good, good), "needs one Canary, found 2"],
    ["somebody else's Canary", good.replace("flagger.app/", "example.com/"), "needs one Canary, found 0"],
    [
      "an open list",
      "a: [b",
      "YAML line 1, column 6: Flow sequence in block collection must be sufficiently indented and end with a ]",
    ],
    [
      "a key twice",
      good.replace("port: 80", "port: 80\n    port: 81"),
      "YAML line 11, column 5: Map keys must be unique",
    ],
    ["an unknown tag", "a: !vault b", "YAML line 1, column 4: Unresolved tag: !vault"],
    ["an unknown anchor", "a: *b", "document 1: its anchors and aliases can't be resolved"],
    ["a key that is a mapping", "? { a: b }\n: c", "YAML line 1, column 3: With stringKeys, all keys must be strings"],
    ["an anchor within itself", "&a [*a]", "document 1: is nested too deep, or an anchor is part of itself"],
  ];
  for (const [what, text, message] of texts)
    it(`${what}: one line with the place`, () => expect(refusal(text)).to.equal(message));

  it("a billion laughs, or ten thousand brackets: one line soon", () => {
    const lines = Array.from({ length: 30 }, (_, index) =>
      index === 0 ? "a0: &a0 [x, x]" : `a${index}: &a${index} [*a${index - 1}, *a${index - 1}]`,
    );
    expect(refusal(lines.join("\n"))).to.equal("document 1: its anchors and aliases can't be resolved");
    expect(refusal("[".repeat(10_000))).to.match(/^(YAML line 1|the YAML can't be read)[^\n]*$/);
    expect(refusal(`a: ${"[".repeat(200)}${"]".repeat(200)}`)).to.match(/^document 1: is nested too deep/);
  }).timeout(20_000);

  it("never quotes what the parser did not expect", () => {
    expect(refusal('a: "hunter2" hunter2'))
      .to.match(/^YAML line 1/)
      .and.not.contain("hunter2");
  });

  it("no text at all: says what it needs", () => {
    const call: (...args: readonly unknown[]) => string = refusal as (...args: readonly unknown[]) => string;
    expect(call(undefined)).to.equal("needs the text of the YAML");
    expect(call(Buffer.from(good))).to.equal("needs the text of the YAML");
  });
});

describe("merge keys, anchors and lists", () => {
  it("are read as Kubernetes' tools read them", () => {
    const merged = `x-defaults: &defaults { interval: 30s, threshold: 5 }\n${good.replace("    stepWeight: 10", "    <<: *defaults\n    stepWeight: 10")}`;
    expect(refusal(merged)).to.equal("taken");
    const indented = good.replaceAll(/^/gm, "    ").replace("    apiVersion", "  - apiVersion");
    expect(refusal(`apiVersion: v1\nkind: List\nitems:\n${indented}`)).to.equal("taken");
  });

  it("lead errors to their line", () => {
    const indented = good
      .replace("port: 80", "port: web")
      .replaceAll(/^/gm, "    ")
      .replace("    apiVersion", "  - apiVersion");
    expect(refusal(`apiVersion: v1\nkind: List\nitems:\n${indented}`)).to.equal(
      "Canary app (line 13): spec.service.port: must be a number, is text",
    );
  });
});

describe("a Canary that can't be taken", () => {
  const wrong: readonly (readonly [string, string, string])[] = [
    ["port: 80", "port: true", "Canary app (line 10): spec.service.port: must be a number, is true or false"],
    ["port: 80", "port: 70000", "Canary app (line 10): spec.service.port: must be 1 to 65535"],
    ["port: 80", "port: .nan", "Canary app (line 10): spec.service.port: must be a number, is no finite number"],
    ["stepWeight: 10", "stepWeight: '10'", "Canary app (line 12): spec.analysis.stepWeight: must be a number, is text"],
    ["stepWeight: 10", "stepWeight: 140", "Canary app (line 12): spec.analysis.stepWeight: must be 1 to 100"],
    ["stepWeight: 10", "stepWeights: [50, 10]", "Canary app (line 12): spec.analysis.stepWeights: must ascend"],
    [
      "stepWeight: 10",
      "interval: soon",
      'Canary app (line 12): spec.analysis.interval: not a duration: "soon"; write it like "10s" or "1m30s"',
    ],
    [
      "stepWeight: 10",
      "threshold: 2",
      "Canary app (line 11): spec.analysis.stepWeight: needs stepWeight or stepWeights",
    ],
    [
      "stepWeight: 10",
      "metrics: request-success-rate",
      "Canary app (line 12): spec.analysis.metrics: must be a list, is text",
    ],
    [
      "stepWeight: 10",
      "webhooks: [{ url: http://a/ }]",
      "Canary app (line 12): spec.analysis.webhooks[0].name: is missing (needs text)",
    ],
    [
      "stepWeight: 10",
      "webhooks: [{ name: a, url: http://a/, metadata: { retries: 3 } }]",
      "Canary app (line 12): spec.analysis.webhooks[0].metadata.retries: must be text, is a number",
    ],
    [
      "kind: Deployment",
      "kind: DaemonSet",
      "Canary app (line 7): spec.targetRef.kind: DaemonSet is not supported: only a Deployment can be released",
    ],
    [
      "kind: Deployment",
      "kind: Service",
      "Canary app (line 7): spec.targetRef.kind: Service is not supported: only a Deployment can be released",
    ],
    ["kind: ApisixRoute", "kind: Ingress", "Canary app (line 8): spec.routeRef.kind: must be ApisixRoute"],
    [
      "namespace: shop",
      "namespace: Shop",
      "Canary app (line 5): metadata.namespace: must be a DNS label: lower case letters, digits and '-'",
    ],
    ["v1beta1", "v2", "Canary app (line 1): apiVersion: must be flagger.app/v1beta1"],
    ["  service:\n    port: 80\n", "", "Canary app (line 6): spec.service: is missing (needs a mapping)"],
  ];
  for (const [from, to, message] of wrong)
    it(`${to === "" ? "no service" : to}: one line with object, line and path`, () => {
      const text = canary().replace(from, to);
      expect(refusal(text).split("; ")[0]).to.equal(message.split("; ")[0]);
      expect(refusal(text)).to.not.match(/[\r\n]/);
    });

  it("names every problem at once", () => {
    const text = canary().replace("port: 80", "port: web").replace("kind: Deployment", "kind: DaemonSet");
    expect(refusal(text).split("; ")).to.have.length(2);
  });
});
