import { expect } from "chai";
import { checkConfig } from "../../../sandbox/gateway/apisix/admin/check.js";

const ENABLED = new Set(["prometheus", "proxy-mirror", "limit-count", "traffic-split"]);
const route = (extra: Record<string, unknown>) => ({ routes: [{ id: "r", uris: ["/*"], ...extra }] });
const refusal = (config: unknown) => {
  try {
    checkConfig(config, ENABLED);
    return "accepted";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

describe("gateway stand-in: refused configurations", () => {
  const cases: readonly (readonly [string, unknown, string])[] = [
    [
      "an unknown plugin",
      route({ plugins: { "no-such": {} } }),
      "invalid routes at index 0, err: unknown plugin [no-such]",
    ],
    ["a plugin that is switched off", route({ plugins: { cors: {} } }), "unknown plugin [cors]"],
    [
      "a bad plugin configuration",
      route({ plugins: { "limit-count": { count: "many" } } }),
      "configuration of plugin limit-count",
    ],
    ["a mirror without scheme", route({ plugins: { "proxy-mirror": { host: "canary.test" } } }), "proxy-mirror"],
    ["a bad host", route({ hosts: ["bad host!"] }), 'property "hosts.0"'],
    ["a bad condition", route({ vars: [["a", "like", "b"]] }), "invalid operator"],
    ["a bad remote address", route({ remote_addrs: ["localhost"] }), "remote_addrs"],
    ["an unknown method", route({ methods: ["FETCH"] }), 'property "methods.0"'],
    ["a route without a path", { routes: [{ id: "r" }] }, "uris"],
    [
      "an id twice",
      {
        upstreams: [
          { id: "u", nodes: [] },
          { id: "u", nodes: [] },
        ],
      },
      "duplicate id u in upstreams",
    ],
    ["something that is no object", "text", "expected an object"],
  ];
  for (const [name, config, message] of cases) {
    it(`refuses ${name}`, () => {
      expect(refusal(config)).to.contain(message);
    });
  }

  it("takes an empty configuration and ordinary routes", () => {
    expect(refusal({})).to.equal("accepted");
    expect(refusal(route({ hosts: ["*.example.com"], plugins: { prometheus: { prefer_name: true } } }))).to.equal(
      "accepted",
    );
  });
});
