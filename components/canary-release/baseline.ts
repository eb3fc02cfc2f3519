import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { baselineLabel, deploymentName } from "../../release/model/index.js";
import { selectorFor } from "../../release/template/index.js";
import { isComputed } from "../arguments/index.js";
import type { CanaryReleaseArgs } from "./args.js";
import type { Configuration } from "./configuration.js";
import type { Making } from "./making.js";
import { deploymentSpec, notAwaited, sharedOwnership } from "./manifests.js";
import { leftAlone, podTemplate } from "./workloads.js";
import type { KeptOutput, Revision } from "./workloads.js";

/** Whether the program asks for a baseline; it decides which resources there are. */
export function asksForBaseline({ analysis }: Pick<CanaryReleaseArgs, "analysis">): boolean {
  if (isComputed(analysis) || !("baseline" in analysis)) return false;
  const { baseline } = analysis;
  return !isComputed(baseline) && baseline !== undefined && baseline !== false;
}

/** Says in preview what an autoscaler of the primary makes of the baseline's pods. */
export function warnOfCountedBaseline(resource: pulumi.Resource, args: CanaryReleaseArgs): void {
  if (!pulumi.runtime.isDryRun() || !asksForBaseline(args) || args.autoscaler === undefined) return;
  const line =
    "analysis.baseline: an autoscaler of the primary counts the baseline's pods as well: during a run it may keep as many more";
  void pulumi.log.info(line, resource);
}

/**
 * The Deployment of the baseline: pods of the primary's template that join the primary's Service, none at rest. It is
 * written after the analysis, as the primary is, so that during one it still has the revision from before. The primary's
 * selector takes in its pods and owns none of them; its own selects them alone.
 */
export function createBaseline(
  making: Making,
  revision: Revision,
  kept: KeptOutput,
  configuration: Configuration,
  dependsOn: readonly pulumi.Resource[],
): k8s.apps.v1.Deployment {
  const { release, logical, args } = making;
  const label = { [baselineLabel.key]: baselineLabel.value };
  return new k8s.apps.v1.Deployment(
    `${deploymentName(logical, "baseline")}-deployment`,
    {
      metadata: making.metadata(deploymentName(release, "baseline"), { ...sharedOwnership, ...notAwaited }),
      spec: {
        replicas: 0,
        selector: { matchLabels: { ...selectorFor("primary", release), ...label } },
        ...deploymentSpec(args.deployment),
        template: podTemplate(making, "primary", revision, configuration.rename, kept, label),
      },
    },
    { ...making.after(dependsOn), dependsOn: configuration.with(dependsOn), ignoreChanges: leftAlone },
  );
}
