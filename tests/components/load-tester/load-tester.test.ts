import { expect } from "chai";
import { LoadTester } from "../../../components/index.js";
import type { LoadTesterArgs } from "../../../components/index.js";
import { templateOf } from "../pods/parts.js";
import { at, only, refusal, register } from "../register.js";

async function deploy(args: Partial<LoadTesterArgs> = {}) {
  let url = "";
  const all = await register(() => {
    new LoadTester("tester", { namespace: "test", ...args }).url.apply((known) => (url = known));
  });
  return { all, url };
}

describe("LoadTester", () => {
  it("answers under the article's name", async () => {
    const { all, url } = await deploy();
    expect(url).to.equal("http://flagger-loadtester.test/");
    expect(at(only(all, "Service"), "spec")).to.deep.equal({
      selector: { app: "flagger-loadtester" },
      ports: [{ name: "http", port: 80, targetPort: 8080 }],
    });
    expect(at(only(all, "Deployment"), "spec", "replicas")).to.equal(1);
  });

  it("takes name, time, replicas and Service from the program", async () => {
    const service = { port: 8080, type: "NodePort" } as const;
    const { all, url } = await deploy({ name: "tester", timeout: "5m", replicas: 2, service });
    expect(url).to.equal("http://tester.test:8080/");
    expect(at(only(all, "Service"), "spec", "type")).to.equal("NodePort");
    expect(templateOf(all).spec.containers[0]?.["command"]).to.include("-timeout=5m");
    expect(at(only(all, "PodDisruptionBudget"), "metadata", "name")).to.equal("tester");
  });

  it("refuses wrong arguments in one line", async () => {
    for (const timeout of ["an hour", "1d"]) {
      const wrong: object = { timeout };
      expect(await refusal(() => new LoadTester("t", Object.assign({ namespace: "test" }, wrong)))).to.equal(
        'LoadTester: timeout: must be a duration like "30s", "1m30s" or "2h"',
      );
    }
  });
});
