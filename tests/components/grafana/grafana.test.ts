import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import type { GrafanaDashboardArgs } from "../../../components/grafana/index.js";

/** Inputs of the ConfigMap that the component registers under mocks. */
async function configMap(changed: Partial<GrafanaDashboardArgs> = {}) {
  const maps: { metadata: object; data: Record<string, string> }[] = [];
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      if (type.endsWith(":ConfigMap")) maps.push(inputs as (typeof maps)[number]);
      return { id: `${name}-id`, state: { ...(inputs as object) } };
    },
    call: () => ({}),
  });
  const { GrafanaDashboard } = await import("../../../components/grafana/index.js");
  const made = new GrafanaDashboard("d", { namespace: "monitoring", ...changed });
  await new Promise((resolve) => pulumi.all([made.urn, made.configMap.urn]).apply(resolve));
  return maps[0];
}

describe("GrafanaDashboard", () => {
  it("is a ConfigMap that Grafana's sidecar finds", async () => {
    const map = await configMap();
    expect(map?.metadata).to.deep.equal({
      name: "apisix-canary-dashboard",
      namespace: "monitoring",
      labels: {
        app: "apisix-canary-dashboard",
        "app.kubernetes.io/name": "apisix-canary-dashboard",
        "app.kubernetes.io/managed-by": "pulumi-apisix-canary",
        grafana_dashboard: "1",
      },
    });
    const [[file, text] = ["", ""]] = Object.entries(map?.data ?? {});
    expect(file).to.match(/\.json$/);
    expect(JSON.parse(text)).to.have.property("uid", "apisix-canary-releases");
  });

  it("takes another label, name and folder, of which each may be an output", async () => {
    const map = await configMap({
      name: pulumi.output("releases"),
      labels: { dashboards: pulumi.output("yes") },
      folder: pulumi.output("Delivery"),
    });
    expect(map?.metadata).to.have.property("name", "releases");
    expect(map?.metadata).to.have.nested.property("labels.dashboards", "yes");
    expect(map?.metadata).not.to.have.nested.property("labels.grafana_dashboard");
    expect(map?.metadata).to.have.property("annotations").deep.equal({ grafana_folder: "Delivery" });
  });

  it("refuses what it does not know, in one line", async () => {
    const args = { namespace: "monitoring", folders: "x" };
    const error = await configMap(args).catch((reason: unknown) => reason);
    expect(error).to.have.property("message", 'GrafanaDashboard: unknown argument "folders": did you mean "folder"?');
  });
});
