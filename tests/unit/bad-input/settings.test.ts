import { expect } from "chai";
import { check, inOneLine, release } from "../../../release/settings/index.js";

type Change = Record<string, unknown>;

const good = {
  name: "podinfo",
  namespace: "test",
  revision: "5f2c9a",
  routeName: "podinfo-podinfo-canary",
  service: { name: "podinfo", port: 80 },
  analysis: { stepWeight: 10 },
  prometheusUrl: "http://flagger-prometheus.apisix:9090",
};

function messageOf(change: Change): string {
  const checked = check(release, { ...good, ...change });
  return checked.kind === "invalid" ? inOneLine(checked.problems) : checked.kind;
}

const label = "must be a DNS label: lower case letters, digits and '-'";

/** What reaches the runtime's border from a stack's file, whoever wrote that. */
const wrong: readonly (readonly [string, Change, string])[] = [
  ["nothing", { name: undefined }, "name: is missing (needs a string)"],
  ["a name with a line break", { name: "pod\ninfo" }, `name: ${label}`],
  ["a namespace that walks away", { namespace: ".." }, `namespace: ${label}`],
  ["a revision with a quote", { revision: 'r"1' }, "revision: must be a label value"],
  ["an empty revision", { revision: "" }, "revision: must be a label value"],
  ["a revision too long", { revision: "r".repeat(64) }, "revision: must have at most 63 characters"],
  ["a route's name that ends a query's string", { routeName: 'a",type="' }, "routeName: must be an object name"],
  ["a route's name with a slash", { routeName: "a/status" }, "routeName: must be an object name"],
  ["a service's name that is a path", { service: { name: "a/proxy", port: 80 } }, `service.name: ${label}`],
  ["a port out of range", { service: { name: "a", port: 70_000 } }, "service.port: must be 1 to 65535"],
  ["no replicas", { replicas: 0 }, "replicas: must be at least 1"],
  ["a scrape interval of nothing", { scrapeInterval: 0 }, "scrapeInterval: must be at least 0.1s"],
  ["a handover of nothing", { handover: "0s" }, "handover: must be at least 1s"],
  ["a drain before its end", { drain: -1 }, 'drain: not a duration: -1; write it like "10s" or "1m30s"'],
  ["a Prometheus elsewhere", { prometheusUrl: "file:///a" }, "prometheusUrl: must be an http or https URL"],
  ["a setting of another version", { canaryWeight: 50 }, "canaryWeight: is not a known setting"],
  ["an analysis that is a text", { analysis: "{}" }, "analysis: Invalid input: expected object, received string"],
];

describe("wrong settings at the runtime's border", () => {
  it("are not what the table begins with", () => expect(messageOf({})).to.equal("valid"));

  for (const [title, change, message] of wrong)
    it(`refuses ${title}`, () => {
      expect(messageOf(change)).to.equal(message);
    });

  it("hold nothing against a value that is not known yet", () => {
    const unknown = "unknown-yet";
    const checked = check(release, { ...good, namespace: unknown, routeName: `${unknown}!` }, (value) =>
      String(value).startsWith(unknown),
    );
    expect(checked.kind).to.equal("incomplete");
  });
});
