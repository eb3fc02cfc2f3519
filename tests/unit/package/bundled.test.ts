import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import prettier from "prettier";
import betaincPackage from "@stdlib/math-base-special-betainc";
import { generate } from "../../../bundled/certificates.js";
import { formatTypeScript } from "../../../bundled/formatter.js";
import { betainc, betaln } from "../../../bundled/statistics.js";
import { createAccess } from "../../../release/adapters/kubernetes/index.js";

const folder = path.resolve(__dirname, "../../../bundled");
const bundles = readdirSync(folder).filter((file) => file.endsWith(".js") && file !== "write.js");

/** A kubeconfig with one user and one cluster. */
function kubeconfig(user: object, cluster: object = {}): string {
  return JSON.stringify({
    clusters: [{ name: "c", cluster: { server: "https://k.example.com", ...cluster } }],
    users: [{ name: "u", user }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  });
}

const accessOf = (user: object, cluster: object = {}) => createAccess({ kubeconfig: kubeconfig(user, cluster) })();

describe("what is built into the package", () => {
  for (const bundle of bundles)
    it(`${bundle} is one file that needs nothing but Node`, () => {
      const text = readFileSync(path.join(folder, bundle), "utf8");
      const wanted = [...text.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name = ""]) => name);
      const foreign = wanted.filter((name) => !builtinModules.includes(name.replace(/^node:/, "")));
      // What `debug` colours its lines with, if it happens to be there.
      expect(foreign.filter((name) => name !== "supports-color")).to.deep.equal([]);
      expect(text).not.to.contain("sourceMappingURL");
    });

  it("comes with the licences of everything in it", () => {
    const text = readFileSync(path.join(folder, "LICENSES.txt"), "utf8");
    for (const name of [
      "@kubernetes/client-node",
      "@stdlib/math-base-special-betainc",
      "selfsigned",
      "prettier",
      "prom-client",
    ])
      expect(text).to.match(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, "m"));
    expect(text).not.to.contain("undici");
  });

  it("has the figures of the packages themselves", () => {
    const shape = fc.double({ min: 0.1, max: 1e5, noNaN: true });
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), shape, shape, (x, a, b) => {
        expect(betainc(x, a, b)).to.equal(betaincPackage(x, a, b));
      }),
    );
    expect(betaln(2, 3)).to.be.closeTo(Math.log(1 / 12), 1e-12);
  });

  it("formats programs as the package does", async () => {
    const source =
      "const a={b:[1,2,3],c:'d'}\nexport const f=async(x:string):Promise<void>=>{await g<number>(x as never)}";
    const formatted = await prettier.format(source, { parser: "typescript", printWidth: 120 });
    expect(await formatTypeScript(source, 120)).to.equal(formatted);
  });

  it("makes certificates", async () => {
    const made = await generate([{ name: "commonName", value: "x" }], { keySize: 2048, algorithm: "sha256" });
    expect(new X509Certificate(made.cert).subject).to.equal("CN=x");
  });
});

describe("kubeconfigs, by the built-in reader", () => {
  it("by token, by password and by certificate", async () => {
    expect((await accessOf({ token: "t" })).headers).to.deep.equal({ authorization: "Bearer t" });
    expect((await accessOf({ username: "a", password: "b" })).headers).to.deep.equal({ authorization: "Basic YTpi" });
    const encoded = (text: string): string => Buffer.from(text).toString("base64");
    const { tls } = await accessOf(
      { "client-certificate-data": encoded("cert"), "client-key-data": encoded("key") },
      { "certificate-authority-data": encoded("ca") },
    );
    expect([tls.cert, tls.key, tls.ca].map(String)).to.deep.equal(["cert", "key", "ca"]);
  });

  it("by a login command", async () => {
    const scratch = mkdtempSync(path.join(tmpdir(), "canary-login-"));
    const login = path.join(scratch, "login.js");
    const credential = {
      kind: "ExecCredential",
      apiVersion: "client.authentication.k8s.io/v1",
      status: { token: "from-login" },
    };
    writeFileSync(login, `console.log(${JSON.stringify(JSON.stringify(credential))});`);
    try {
      const exec = { apiVersion: "client.authentication.k8s.io/v1", command: process.execPath, args: [login] };
      expect((await accessOf({ exec: { ...exec, interactiveMode: "Never" } })).headers).to.deep.equal({
        authorization: "Bearer from-login",
      });
    } finally {
      rmSync(scratch, { recursive: true });
    }
  });

  for (const proxy of ["http://proxy.example.com:3128", "socks5://proxy.example.com:1080"])
    it(`through ${proxy}`, async () => {
      expect((await accessOf({ token: "t" }, { "proxy-url": proxy })).agent).not.to.equal(undefined);
    });
});
