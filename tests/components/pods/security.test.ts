import { expect } from "chai";
import { CanaryPlatform } from "../../../components/index.js";
import { at, byName, only, register } from "../register.js";
import { allPods, plainRelease, templateOf } from "./parts.js";
import type { Container, PodSpec } from "./parts.js";
import { violations } from "./restricted.js";

/** What each program writes, as read in its sources and measured on the real images; their root file systems are else read-only. */
const writes: Readonly<Record<string, readonly string[]>> = {
  // A file for each push and each validation; the socket to ADC.
  manager: ["/tmp", "/sockets"],
  adc: ["/tmp", "/sockets"],
  prometheus: ["/prometheus"],
  // What the commands of webhooks write.
  loadtester: ["/tmp"],
  watchdog: [],
  // nginx.conf, sockets, process id, nginx's temporary files, the disk cache.
  apisix: ["/usr/local/apisix/conf", "/usr/local/apisix/logs", "/usr/local/apisix/client_body_temp", "/tmp"],
};

function canWrite(spec: PodSpec, container: Container, path: string): boolean {
  if (at(container, "securityContext", "readOnlyRootFilesystem") !== true) return true;
  const mount = container.volumeMounts?.find(({ mountPath }) => mountPath === path);
  const volume = spec.volumes?.find(({ name }) => name === mount?.name);
  return mount?.readOnly !== true && volume?.["emptyDir"] !== undefined;
}

describe("every pod of ours", () => {
  let pods: Readonly<Record<string, PodSpec>>;
  before(async () => (pods = await allPods()));

  it("keeps the Restricted Pod Security Standard", () => {
    for (const [part, spec] of Object.entries(pods)) expect(violations(spec), part).to.deep.equal([]);
  });

  it("is found out where it does not: the check knows every rule", async () => {
    const user = templateOf(await register(plainRelease)).spec;
    expect(violations(user)).to.deep.equal([
      "container app: may escalate its privileges",
      "container app: may run as root",
      "container app: has no seccomp profile",
      "container app: keeps capabilities",
    ]);
    const bad: PodSpec = {
      hostNetwork: true,
      volumes: [{ name: "node", hostPath: { path: "/" } }],
      containers: [
        {
          name: "bad",
          image: "bad:1",
          ports: [{ containerPort: 80, hostPort: 80 }],
          securityContext: { privileged: true, runAsUser: 0, capabilities: { drop: [], add: ["NET_ADMIN"] } },
        },
      ],
    };
    expect(violations(bad)).to.have.length(10);
  });

  it("can write where its program writes, and nowhere else but for the gateway", () => {
    const seen: string[] = [];
    for (const spec of Object.values(pods))
      for (const container of spec.containers) {
        seen.push(container.name);
        for (const path of writes[container.name] ?? ["nothing is known of this program"])
          expect(canWrite(spec, container, path), `${container.name} writes ${path}`).to.equal(true);
        const readOnly = at(container, "securityContext", "readOnlyRootFilesystem");
        expect(readOnly, container.name).to.equal(container.name !== "apisix");
      }
    expect(seen.toSorted()).to.deep.equal(Object.keys(writes).toSorted());
  });

  it("has a limit of memory, and asks for what it needs", () => {
    for (const spec of Object.values(pods))
      for (const container of spec.containers) {
        expect(at(container, "resources", "limits", "memory"), container.name).to.match(/^\d+(Mi|Gi)$/);
        expect(at(container, "resources", "requests"), container.name).to.have.keys(["cpu", "memory"]);
      }
  });

  it("lives in a namespace that admits no other", async () => {
    const all = await register(() => new CanaryPlatform("edge", { namespace: "apisix" }));
    const deployments = Object.values(byName(all, "Deployment"));
    expect(deployments).to.have.length(4);
    for (const each of deployments) expect(violations(at(each, "spec", "template", "spec") as PodSpec)).to.be.empty;
    expect(at(only(all, "Namespace"), "metadata", "labels")).to.deep.equal({
      "pod-security.kubernetes.io/enforce": "restricted",
    });
    const own = { "pod-security.kubernetes.io/enforce": "baseline", team: "edge" };
    const other = await register(() => new CanaryPlatform("edge", { namespace: "apisix", namespaceLabels: own }));
    expect(at(only(other, "Namespace"), "metadata", "labels")).to.deep.equal(own);
  });
});
