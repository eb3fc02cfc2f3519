import { expect } from "chai";
import { isPulumisOwn } from "../../../bench/project/index.js";

describe("what a killed engine leaves behind", () => {
  const own = (...argv: readonly string[]): boolean => isPulumisOwn({ argv });

  it("is Pulumi's own for some minutes: its language host, its dynamic provider, its plugins", () => {
    expect(own("/opt/pulumi/pulumi-language-nodejs", "-root=.", "127.0.0.1:4711")).to.equal(true);
    expect(own("node", "/p/node_modules/@pulumi/pulumi/cmd/dynamic-provider/index.js", "127.0.0.1:1")).to.equal(true);
    expect(own("/sandbox/bin/pulumi-resource-kubernetes", "127.0.0.1:4711")).to.equal(true);
    expect(own("/plugins/resource-kubernetes-v4.34.0/pulumi-resource-kubernetes", "127.0.0.1:1")).to.equal(true);
    expect(own("/usr/bin/pulumi-resource-kubernetes-v4.34.0", "127.0.0.1:1")).to.equal(true);
  });

  it("and nothing else: an engine, or a provider that does something of ours", () => {
    expect(own("pulumi", "up", "--yes")).to.equal(false);
    expect(own("apisix-canary: analysis of test/app")).to.equal(false);
    expect(own("/usr/bin/pulumi-resource-aws", "127.0.0.1:1")).to.equal(false);
  });
});
