import type * as pulumi from "@pulumi/pulumi";
import { Takeover } from "../adoption/index.js";
import type { CanaryReleaseArgs } from "./args.js";
import type { RuntimeInputs } from "./dynamic.js";
import type { Making } from "./making.js";
import { deploymentSpec, serviceSpec } from "./manifests.js";
import { roleTemplate } from "./workloads.js";
import type { Revision } from "./workloads.js";

/** Whose the objects of a release were before, and whose they are after it. */
export function custodyOf({ adopt, revertOnDeletion }: CanaryReleaseArgs) {
  const takesOver = adopt !== undefined;
  return { takesOver, givesBack: revertOnDeletion ?? takesOver };
}

/** Only for a release that takes something over or gives something back. */
export function createTakeover(
  making: Making,
  inputs: Omit<RuntimeInputs, "routeUid">,
  revision: Revision,
  dependsOn: readonly pulumi.Resource[],
): Takeover | undefined {
  const { release, args, givesBack } = making;
  const { adopt, service, routeRef } = args;
  if (adopt === undefined && !givesBack) return undefined;
  const refersToCopies = args.configs !== undefined || args.secrets !== undefined || revision.tracked !== undefined;
  const adoption = {
    from:
      adopt === undefined
        ? ("none" as const)
        : "flaggerCanary" in adopt
          ? ("flagger" as const)
          : ("deployment" as const),
    ...(adopt !== undefined && "flaggerCanary" in adopt ? { flaggerCanary: adopt.flaggerCanary } : {}),
    ...(routeRef === undefined ? {} : { routeRef: routeRef.name }),
    ...(service.targetPort === undefined ? {} : { targetPort: service.targetPort }),
    services: {
      primary: { ...serviceSpec(release, "primary", service) },
      canary: { ...serviceSpec(release, "canary", service) },
    },
    primarySpec: deploymentSpec(args.deployment),
    ...(refersToCopies ? {} : { template: roleTemplate(making, "primary", revision, (name) => name) }),
    givesBack,
  };
  return new Takeover(`${making.logical}-takeover`, { ...inputs, adoption }, making.after(dependsOn));
}
