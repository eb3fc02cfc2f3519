import { expect } from "chai";
import { accepted, Scene, until } from "./scene.js";

const TLSES = "/apis/apisix.apache.org/v2/apisixtlses";
const SECRETS = "/api/v1/secrets";
const base64 = (text: string): string => Buffer.from(text).toString("base64");

describe("controller stand-in: ApisixTls", () => {
  let scene: Scene;
  beforeEach(async () => {
    scene = new Scene();
    await until(() => scene.adc.tasks.length > 0);
  });

  const put = (ingressClassName = "apisix"): void =>
    scene.cluster.put(TLSES, {
      metadata: { name: "app", namespace: "test" },
      spec: {
        ingressClassName,
        hosts: ["App.example.com", "*.example.org"],
        secret: { name: "pair", namespace: "certs" },
      },
    });
  const secret = (data: Record<string, string>): void =>
    scene.cluster.put(SECRETS, { metadata: { name: "pair", namespace: "certs" }, data });
  const condition = () => {
    const status = accepted.safeParse(scene.cluster.item(TLSES, "test", "app")?.status);
    return status.success ? status.data.conditions[0] : undefined;
  };
  const ssls = (): readonly Readonly<Record<string, unknown>>[] => scene.adc.tasks.at(-1)?.config["ssls"] ?? [];

  it("waits for its Secret, then pushes the pair for its hosts, and a renewed one at once", async () => {
    put();
    await until(() => condition()?.reason === "InvalidSpec");
    expect(condition()?.message).to.contain("certs/pair");
    await scene.push(() => secret({ "tls.crt": base64("certificate"), "tls.key": base64("key") }));
    expect(ssls()).to.have.length(1);
    expect(ssls()[0]).to.deep.include({ snis: ["app.example.com", "*.example.org"], cert: "certificate", key: "key" });
    await until(() => condition()?.status === "True");
    await scene.push(() => secret({ cert: base64("renewed"), key: base64("key") }));
    expect(ssls()[0]).to.deep.include({ cert: "renewed" });
  });

  it("turns SyncFailed with all others when a push is refused", async () => {
    await scene.push(() => secret({ "tls.crt": base64("certificate"), "tls.key": base64("key") }) ?? put());
    await until(() => condition()?.status === "True");
    scene.adc.outcome = { kind: "failed", reason: "no" };
    await scene.push(() => scene.route(1, 1));
    await until(() => condition()?.reason === "SyncFailed" && scene.condition()?.reason === "SyncFailed");
  });

  it("says what is missing in a Secret that is no pair, and nothing about a Tls of another class", async () => {
    secret({ "tls.crt": base64("certificate") });
    put();
    await until(() => condition()?.message === "missing key field");
    await scene.push(() => scene.cluster.remove(TLSES, "test", "app"));
    expect(ssls()).to.deep.equal([]);
    put("nginx");
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(condition()).to.equal(undefined);
  });
});
