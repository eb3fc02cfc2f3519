import { X509Certificate } from "node:crypto";
import { expect } from "chai";
import { generatedCertificate, generatedKey } from "../../../release/index.js";

describe("generated secrets", () => {
  it("are another key each time, and never change by themselves", async () => {
    const keys = [await generatedKey.create(), await generatedKey.create()].map(({ outs }) => outs.value);
    for (const key of keys) expect(key).to.match(/^[0-9a-f]{48}$/);
    expect(keys[0]).not.to.equal(keys[1]);
    expect(await generatedKey.diff()).to.deep.equal({ changes: false });
  });

  it("begin with a letter: a key of digits would be a number to APISIX, and fit nowhere", async () => {
    const keys = await Promise.all(Array.from({ length: 200 }, () => generatedKey.create()));
    for (const { outs } of keys) {
      expect(outs.value).to.match(/^[a-f][0-9a-f]{47}$/);
      expect(Number(outs.value)).to.be.NaN;
    }
  });

  it("are a certificate for exactly the names asked for, which is its own authority", async () => {
    const names = ["controller.apisix.svc", "controller"];
    const { outs } = await generatedCertificate.create({ names });
    const certificate = new X509Certificate(outs.certificate);
    expect(names.map((name) => certificate.checkHost(name))).to.deep.equal(names);
    expect(certificate.checkHost("elsewhere")).to.equal(undefined);
    expect(certificate.verify(certificate.publicKey)).to.equal(true);
    expect(outs.privateKey).to.contain("PRIVATE KEY");
  });

  it("are replaced for other names alone", async () => {
    const diff = (olds: readonly string[], news: readonly string[]) =>
      generatedCertificate.diff("certificate", { names: olds }, { names: news });
    expect(await diff(["a"], ["a"])).to.deep.equal({ changes: false });
    expect(await diff(["a"], ["b"])).to.deep.equal({ changes: true, replaces: ["names"] });
  });
});
