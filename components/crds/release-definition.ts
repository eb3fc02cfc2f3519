import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { apiGroup, apiVersion, phases, releaseKind, releasePlural } from "../../release/model/index.js";

const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

const status = {
  type: "object",
  "x-kubernetes-preserve-unknown-fields": true,
  properties: {
    phase: { type: "string", enum: [...phases], description: "Where the release stands." },
    canaryWeight: { type: "integer", description: "Share of traffic of the canary, percent." },
    failedChecks: { type: "integer", description: "Failed checks of the present or last run." },
    iterations: { type: "integer" },
    lastTransitionTime: { type: "string", format: "date-time" },
    promotedRevision: { type: "string", description: "Revision that serves all users." },
    message: { type: "string" },
  },
};

/** Our own kind, beside Flagger's: the journal of a release, and what `kubectl get canaryreleases -A` prints. */
export class ReleaseDefinition extends pulumi.ComponentResource {
  readonly definition: pulumi.Resource;

  constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
    super("apisix-canary:index:ReleaseDefinition", name, {}, opts);
    this.definition = new k8s.apiextensions.v1.CustomResourceDefinition(
      `${name}-${releasePlural}`,
      {
        metadata: { name: `${releasePlural}.${apiGroup}` },
        spec: {
          group: apiGroup,
          scope: "Namespaced",
          names: {
            kind: releaseKind,
            plural: releasePlural,
            singular: "canaryrelease",
            listKind: `${releaseKind}List`,
            shortNames: ["crel"],
          },
          versions: [
            {
              name: apiVersion,
              served: true,
              storage: true,
              subresources: { status: {} },
              schema: { openAPIV3Schema: { type: "object", properties: { spec: open, status } } },
              additionalPrinterColumns: [
                { name: "Status", type: "string", jsonPath: ".status.phase" },
                { name: "Weight", type: "string", jsonPath: ".status.canaryWeight" },
                { name: "LastTransitionTime", type: "string", jsonPath: ".status.lastTransitionTime" },
              ],
            },
          ],
        },
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
