import { expect } from "chai";
import { routeViewOf } from "../../../bench/faults/real/route-view.js";
import { bucketPattern, emptyBuckets } from "../../../release/strategy/index.js";

const pair = (canary: number) => [
  { serviceName: "app-primary", servicePort: 80, weight: 100 - canary },
  { serviceName: "app-canary", servicePort: 80, weight: canary },
];
const cookie = (value: string) => ({
  exprs: [{ subject: { scope: "Cookie", name: "canary" }, op: "RegexMatch", value }],
});
const copies = (enable: boolean) => ({
  name: "proxy-mirror",
  enable,
  config: { host: "http://127.0.0.1:9080", path: "/.mirror-token-0", sample_ratio: 0.5 },
});

function route(...http: readonly object[]): unknown {
  return {
    apiVersion: "apisix.apache.org/v2",
    kind: "ApisixRoute",
    metadata: {
      name: "app-app-canary",
      namespace: "test",
      uid: "uid",
      resourceVersion: "1",
      annotations: { "apisix-canary.io/rules": "match,preview,bucket,mirror" },
    },
    spec: { http },
  };
}

const base = (canary: number, rest: object = {}) => ({ name: "app", backends: pair(canary), ...rest });

describe("a route as the faults see it", () => {
  it("rests where every rule does", () => {
    const found = routeViewOf(
      route(
        base(0, { plugins: [copies(false)] }),
        { name: "app-preview", backends: pair(0) },
        { name: "app-bucket", backends: pair(0), match: cookie(emptyBuckets) },
      ),
      "app",
    );
    expect(found).to.deep.equal({ weight: 0, primaryWeight: 100, split: "0%", unrest: "" });
  });

  it("names each rule that doesn't", () => {
    const seen = (...rules: readonly object[]) => routeViewOf(route(...rules), "app");
    expect(seen(base(20))).to.include({ weight: 20, split: "20%", unrest: "app is 80/20" });
    expect(seen(base(0), { name: "app-match", backends: pair(100) })).to.include({
      ...{ weight: 100, split: "matched users", unrest: "app-match is 0/100" },
    });
    expect(seen(base(0, { plugins: [copies(true)] }))).to.include({
      ...{ weight: 50, split: "mirror 50%", unrest: "app copies requests" },
    });
    const sessions = { name: "app-bucket", backends: pair(100), match: cookie(bucketPattern(20)) };
    expect(seen(base(0), sessions)).to.include({ weight: 20, split: "20% of sessions" });
    expect(seen(base(0), { ...sessions, backends: pair(0) })?.unrest).to.equal(`app-bucket has ${bucketPattern(20)}`);
  });

  it("is not there of a route of others", () => {
    expect(routeViewOf(route(base(0)), "other")).to.equal(undefined);
  });
});
