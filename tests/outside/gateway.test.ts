import http from "node:http";
import { KubeConfig } from "@kubernetes/client-node";
import { expect } from "chai";
import { forwardService } from "../../sandbox/demo/forward.js";
import type { Forward } from "../../sandbox/demo/forward.js";
import { showApiServer } from "../../sandbox/machine/index.js";
import type { ApiServerOutside } from "../../sandbox/machine/index.js";
import { sandboxName } from "./sandbox-name.js";

// As `npm run demo -- --context NAME` reaches a cluster: its names mean nothing here, only its API server answers.

describe("users outside of the cluster", () => {
  let api: ApiServerOutside;
  let forward: Forward;
  const config = new KubeConfig();

  before(async () => {
    api = await showApiServer(sandboxName());
    config.loadFromString(api.kubeconfig);
    forward = await forwardService(config, { namespace: "apisix", service: "apisix-gateway", port: 80 });
  });
  after(() => {
    forward.stop();
    api.stop();
  });

  function ask(port: number, agent?: http.Agent): Promise<{ readonly status: number; readonly body: string }> {
    return new Promise((resolve, reject) => {
      const options = { host: "127.0.0.1", port, headers: { host: "nobody.example.com" }, agent };
      http
        .get(options, (response) => {
          let body = "";
          response.on("data", (data: Buffer) => (body += data.toString()));
          response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
        })
        .on("error", reject);
    });
  }

  it("reach the gateway through the API server's port-forward", async () => {
    expect(await ask(forward.port)).to.deep.equal({ status: 404, body: '{"error_msg":"404 Route Not Found"}\n' });
  });

  it("keep their connections, and open many at once", async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (let times = 0; times < 20; times++) expect((await ask(forward.port, agent)).status).to.equal(404);
    agent.destroy();
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask(forward.port)));
    expect(answers.filter(({ status }) => status === 404)).to.have.length(30);
  });

  it("are cut off from a Service without pods, and not from the next one", async () => {
    const none = await forwardService(config, { namespace: "apisix", service: "no-such-service", port: 80 });
    const failure = await ask(none.port).catch((error: unknown) => error);
    none.stop();
    expect(String(failure)).to.match(/socket hang up|ECONNRESET/);
    expect((await ask(forward.port)).status).to.equal(404);
  });
});
