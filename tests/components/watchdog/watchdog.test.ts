import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import type { ReleaseWatchdogArgs } from "../../../components/watchdog/index.js";

interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

/** Registers the watchdog under mocks; all resources by kind. */
async function deploy(changed: Partial<ReleaseWatchdogArgs> = {}): Promise<readonly Registered[]> {
  const registered: Registered[] = [];
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      registered.push({ type, name, inputs: { ...(inputs as Record<string, unknown>) } });
      return { id: `${name}-id`, state: { ...(inputs as Record<string, unknown>) } };
    },
    call: () => ({}),
  });
  const { ReleaseWatchdog } = await import("../../../components/watchdog/index.js");
  const watchdog = new ReleaseWatchdog("w", { namespace: "apisix", ...changed });
  await new Promise((resolve) => pulumi.all([watchdog.urn, watchdog.deployment.urn]).apply(resolve));
  return registered;
}

const inputsOf = (all: readonly Registered[], kind: string): Record<string, unknown> =>
  all.find(({ type }) => type.endsWith(`:${kind}`))?.inputs ?? {};

describe("ReleaseWatchdog", () => {
  it("runs this package's own program in a stock Node image, restricted", async () => {
    const all = await deploy();
    const config = inputsOf(all, "ConfigMap");
    expect(Object.keys(config["data"] as object)).to.deep.equal(["main.js"]);
    expect(JSON.stringify(config["data"])).not.to.contain("sourceMappingURL");
    const spec = (inputsOf(all, "Deployment") as { spec: { replicas: number; template: { spec: unknown } } }).spec;
    expect(spec.replicas).to.equal(1);
    expect(spec.template.spec).to.have.nested.property("containers[0].image", "node:22-alpine");
    expect(spec.template.spec).to.have.nested.property("containers[0].args").deep.equal(["/app/main.js"]);
    expect(spec.template.spec).to.have.nested.property("securityContext.runAsNonRoot", true);
    expect(spec.template.spec).to.have.nested.property("securityContext.seccompProfile.type", "RuntimeDefault");
    expect(spec.template.spec).to.have.nested.property("containers[0].securityContext").deep.include({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
    });
    expect(spec.template.spec).to.have.nested.property("containers[0].env").deep.include({
      name: "WATCHDOG_AFTER_SECONDS",
      value: "30",
    });
  });

  it("asks for no more than it does", async () => {
    const { rules } = inputsOf(await deploy(), "ClusterRole") as { rules: { verbs: string[]; resources: string[] }[] };
    for (const verb of ["*", "delete"]) expect(rules.flatMap(({ verbs }) => verbs)).not.to.include(verb);
    for (const kind of ["*", "secrets", "pods"])
      expect(rules.flatMap(({ resources }) => resources)).not.to.include(kind);
  });

  it("keeps to the namespaces it is given", async () => {
    const all = await deploy({ namespaces: ["a", "b"], replicas: 2, watchdogAfterSeconds: 45 });
    expect(all.some(({ type }) => type.endsWith(":ClusterRoleBinding"))).to.equal(false);
    const bindings = all.filter(({ type, name }) => type.endsWith(":RoleBinding") && name.includes("releases"));
    expect(bindings).to.have.length(2);
    expect(JSON.stringify(inputsOf(all, "Deployment"))).to.contain('{"name":"NAMESPACES","value":"a,b"}');
  });

  it("keeps to a namespace that is only known when it is made", async () => {
    const all = await deploy({ namespaces: [pulumi.output("later"), "b"] });
    const bindings = all.filter(({ type, name }) => type.endsWith(":RoleBinding") && name.includes("releases"));
    expect(bindings.map(({ name }) => name)).to.have.members(["w-releases-0", "w-releases-b"]);
    expect(JSON.stringify(inputsOf(all, "Deployment"))).to.contain('{"name":"NAMESPACES","value":"later,b"}');
  });

  it("is scraped: by annotation, and by a PodMonitor where that is asked for", async () => {
    const { template } = inputsOf(await deploy(), "Deployment")["spec"] as {
      template: { metadata: object; spec: object };
    };
    expect(template.metadata).to.have.property("annotations").deep.equal({
      "prometheus.io/scrape": "true",
      "prometheus.io/port": "8080",
      "prometheus.io/path": "/metrics",
    });
    expect(template.spec)
      .to.have.nested.property("containers[0].ports")
      .deep.equal([{ name: "health", containerPort: 8080 }]);
    const { spec } = inputsOf(await deploy({ podMonitor: true }), "PodMonitor") as { spec: object };
    expect(spec).to.have.nested.property("podMetricsEndpoints[0]").deep.include({ port: "health", path: "/metrics" });
  });

  it("keeps the alert's URL in a Secret", async () => {
    const all = await deploy({ alertUrl: "https://hooks.example.com/T0K3N" });
    expect(JSON.stringify(inputsOf(all, "Deployment"))).not.to.contain("T0K3N");
    expect(JSON.stringify(inputsOf(all, "Deployment"))).to.contain("secretKeyRef");
    expect(all.some(({ type }) => type.endsWith(":Secret"))).to.equal(true);
  });

  it("refuses nonsense in one line", async () => {
    const failing = async (changed: Partial<ReleaseWatchdogArgs>) =>
      deploy(changed).then(
        () => "",
        (error: unknown) => (error instanceof Error ? error.message : ""),
      );
    expect(await failing({ replicas: 3 })).to.equal("ReleaseWatchdog: replicas must be 1 or 2, not 3");
    expect(await failing({ watchdogAfterSeconds: 1 })).to.contain("at least 5");
    const wrong: object = { alertURL: "https://hooks.example.com/" };
    expect(await failing(wrong)).to.equal('ReleaseWatchdog: unknown argument "alertURL": did you mean "alertUrl"?');
  });
});
