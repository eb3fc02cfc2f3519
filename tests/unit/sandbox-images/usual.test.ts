import { expect } from "chai";
import { describeImage } from "../../../sandbox/images/prepare.js";
import { isOwn, localImage, toolsOf, usualImages } from "../../../sandbox/images/local.js";

describe("images whose registry can't be reached", () => {
  it("each have a program of this machine, and each of those its real image's user", async () => {
    for (const reference of usualImages.filter((each) => toolsOf(each).length === 0)) {
      const image = await localImage(reference);
      expect(image, reference).not.to.equal(undefined);
    }
    expect((await localImage("apache/apisix:3.17.0-debian"))?.user).to.equal("apisix");
    expect((await localImage("docker.io/apache/apisix-ingress-controller:2.2.0"))?.user).to.equal("65532");
    expect((await localImage("sandbox/faulty:1.2.3"))?.env).to.deep.equal({ VERSION: "1.2.3" });
  });

  it("mean nothing where nobody has a program for them", async () => {
    expect(await localImage("nginx:1")).to.equal(undefined);
    expect(toolsOf("nginx:1")).to.deep.equal([]);
  });

  it("are not asked for where they are the sandbox's own", () => {
    expect([isOwn("sandbox/faulty:1"), isOwn("docker.io/sandbox/faulty:1")]).to.deep.equal([true, false]);
  });

  it("say which of them is real", () => {
    const line = (kind: "stand-in" | "real program"): string => describeImage("apache/apisix:3", { origin: { kind } });
    expect(line("stand-in")).to.equal("apisix:3: stand-in (its image can't be pulled)");
    expect(line("real program")).to.equal("apisix:3: real program of this machine (its image can't be pulled)");
    const pulled = { kind: "pulled", digest: `sha256:${"ab".repeat(32)}` } as const;
    expect(describeImage("ghcr.io/x/adc:1", { origin: pulled })).to.equal("adc:1: real, pulled (sha256:abababababab)");
  });
});
