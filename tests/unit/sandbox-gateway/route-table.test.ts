import { expect } from "chai";
import { compileExpression } from "../../../sandbox/gateway/apisix/routing/expression.js";
import { RouteTable } from "../../../sandbox/gateway/apisix/routing/route-table.js";
import type { Matchable } from "../../../sandbox/gateway/apisix/routing/route-table.js";

interface Named extends Matchable {
  readonly name: string;
}

function route(name: string, hosts: string[], uris: string[], extra: Partial<Named> & { vars?: unknown[] } = {}) {
  const { vars, ...rest } = extra;
  const condition = vars === undefined ? undefined : compileExpression(vars);
  return { route: { name, priority: 0, methods: undefined, remote: undefined, condition, ...rest }, hosts, uris };
}

function find(
  routes: readonly ReturnType<typeof route>[],
  host: string,
  path: string,
  variables: Record<string, string> = {},
  method = "GET",
) {
  const subject = { host, path, method, remoteAddress: "10.0.0.1", read: (name: string) => variables[name] };
  return new RouteTable<Named>(routes).find(subject)?.route.name;
}

describe("gateway stand-in: routes", () => {
  it("prefers the exact host, then the longest wildcard, then routes without a host", () => {
    const routes = [
      route("any", [], ["/*"]),
      route("wild", ["*.example.com"], ["/*"]),
      route("deep", ["*.app.example.com"], ["/*"]),
      route("exact", ["app.example.com"], ["/*"]),
    ];
    expect(find(routes, "app.example.com", "/")).to.equal("exact");
    expect(find(routes, "x.example.com", "/")).to.equal("wild");
    expect(find(routes, "x.app.example.com", "/")).to.equal("deep");
    expect(find(routes, "other.org", "/")).to.equal("any");
  });

  it("prefers the exact path, then the longest prefix; priority only among equal paths", () => {
    const routes = [
      route("all", [], ["/*"], { priority: 10 }),
      route("api", [], ["/api/*"]),
      route("one", [], ["/api/info"]),
      route("first", [], ["/api/*"], { priority: 5 }),
    ];
    expect(find(routes, "h", "/api/info")).to.equal("one");
    expect(find(routes, "h", "/api/x")).to.equal("first");
    expect(find(routes, "h", "/x")).to.equal("all");
  });

  it("falls through to the next route when method or conditions do not hold", () => {
    const routes = [
      route("canary", ["h"], ["/*"], { priority: 10, vars: [["http_x_canary", "==", "always"]] }),
      route("main", ["h"], ["/*"], { methods: new Set(["GET"]) }),
    ];
    expect(find(routes, "h", "/", { http_x_canary: "always" })).to.equal("canary");
    expect(find(routes, "h", "/", { http_x_canary: "never" })).to.equal("main");
    expect(find(routes, "h", "/", {}, "POST")).to.equal(undefined);
  });
});

describe("gateway stand-in: conditions", () => {
  const holds = (term: unknown[], value?: string) => compileExpression([term])(() => value);

  it("knows every operator", () => {
    expect(holds(["v", "==", "a"], "a")).to.equal(true);
    expect(holds(["v", "~=", "a"], "b")).to.equal(true);
    expect(holds(["v", ">", "3"], "10")).to.equal(true);
    expect(holds(["v", "<=", "3"], "10")).to.equal(false);
    expect(holds(["v", "~~", "^always$"], "always")).to.equal(true);
    expect(holds(["v", "~*", "^ALWAYS$"], "always")).to.equal(true);
    expect(holds(["v", "!", "~~", "^a"], "b")).to.equal(true);
    expect(holds(["v", "in", ["a", "b"]], "b")).to.equal(true);
    expect(holds(["v", "!", "in", ["a", "b"]], "b")).to.equal(false);
    expect(holds(["v", "==", "a"])).to.equal(false);
  });

  it("combines with OR and negation", () => {
    const either = compileExpression(["OR", ["a", "==", "1"], ["b", "==", "1"]]);
    expect(either((name) => (name === "b" ? "1" : undefined))).to.equal(true);
    const neither = compileExpression(["!OR", ["a", "==", "1"], ["b", "==", "1"]]);
    expect(neither(() => undefined)).to.equal(true);
  });

  it("refuses what it does not understand", () => {
    expect(() => compileExpression([["v", "like", "a"]])).to.throw("invalid operator");
    expect(() => compileExpression(["OR", "v"])).to.throw("brackets");
    expect(() => compileExpression(["v", "==", "a"])).to.throw("brackets");
    expect(() => compileExpression([["v", "not", "~~", "a"]])).to.throw("bad 'not' expression");
  });

  it("takes a pattern that can't be compiled, and never matches it", () => {
    const silenced = console.error;
    console.error = () => undefined;
    expect(holds(["v", "~~", "("], "(")).to.equal(false);
    console.error = silenced;
  });

  it("compares with null what the request does not have", () => {
    expect(holds(["cookie_x", "==", null])).to.equal(true);
    expect(holds(["cookie_x", "==", null], "a")).to.equal(false);
    expect(holds(["cookie_x", "~=", "a"])).to.equal(true);
    expect(holds(["cookie_x", "!", "in", ["a"]])).to.equal(true);
    expect(holds(["cookie_x", "in", []], "a")).to.equal(false);
  });

  it("compares a number as a number, and values in their case", () => {
    expect(holds(["v", "==", 1], "1.0")).to.equal(true);
    expect(holds(["v", "==", "a"], "A")).to.equal(false);
    expect(holds(["v", "ipmatch", ["10.0.0.0/8"]], "10.1.2.3")).to.equal(true);
  });
});
