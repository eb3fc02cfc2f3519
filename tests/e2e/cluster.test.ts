import * as k8s from "@pulumi/kubernetes";
import { expect } from "chai";
import { closeServers, kubeconfigFor, playApi } from "../unit/adapters/fixture.js";
import { CanaryRelease } from "../../components/index.js";
import { deployment, ownKubeconfig, releaseStatus } from "./harness/cluster.js";
import { releaseArgs, releaseProgram, TestStack } from "./harness/stacks.js";
import type { Program } from "./harness/stacks.js";

// Typed resources and runtime act on one and the same cluster, whichever way a program names it.

const name = "placed";

describe("the cluster of a release", () => {
  after(closeServers);

  it("is its provider's, whatever the environment says", async () => {
    const namespace = "e2e-provider";
    const stack = await TestStack.create("provider", { KUBECONFIG: "/there/is/none" });
    const program = (tag: string): Program => {
      return () => {
        const provider = new k8s.Provider("explicit", { kubeconfig: ownKubeconfig() });
        const home = new k8s.core.v1.Namespace(namespace, { metadata: { name: namespace } }, { provider });
        const args = releaseArgs({ name, namespace, image: `sandbox/faulty:${tag}` });
        new CanaryRelease(name, { ...args, namespace: home.metadata.name }, { provider });
        return Promise.resolve();
      };
    };
    for (const tag of ["1.0.0", "1.0.0"]) {
      const update = await stack.up(program(tag));
      expect(update.failed, update.output).to.equal(false);
    }
    expect(await releaseStatus(namespace, name)).to.include({ phase: "Initialized" });
    await stack.destroy();
  });

  it("is proved: a runtime that is sent to another one refuses, and has asked there without writing", async () => {
    const namespace = "e2e-elsewhere";
    const stack = await TestStack.create("elsewhere");
    const program = (tag: string, kubeconfig?: string): Program =>
      releaseProgram(namespace, [
        {
          name,
          namespace,
          image: `sandbox/faulty:${tag}`,
          ...(kubeconfig === undefined ? {} : { overrides: { kubeconfig } }),
        },
      ]);
    const first = await stack.up(program("1.0.0"));
    expect(first.failed, first.output).to.equal(false);
    const mark = { "apisix-canary.io/release": `${namespace}/${name}` };
    const theirs = { metadata: { uid: "of another stack", annotations: mark }, status: { phase: "Succeeded" } };
    const withRelease = await playApi({
      [`GET /apis/apisix-canary.io/v1/namespaces/${namespace}/canaryreleases/${name}`]: theirs,
    });
    const empty = await playApi({});
    const refusals = [
      {
        server: withRelease,
        line: /is not the one that Pulumi created \(uid of another stack instead of [-0-9a-f]+\)/,
      },
      { server: empty, line: /this cluster holds nothing of the release, nothing was touched/ },
    ];
    for (const [index, { server, line }] of refusals.entries()) {
      const update = await stack.up(program(`1.0.${index + 1}`, kubeconfigFor(server.url)));
      expect(update.failed).to.equal(true);
      expect(update.output).to.match(line);
      expect(new Set(server.seen.map(({ method }) => method))).to.deep.equal(new Set(["GET"]));
    }
    expect((await deployment(namespace, `${name}-primary`)).image).to.equal("sandbox/faulty:1.0.0");
    await stack.destroy();
  });
});
