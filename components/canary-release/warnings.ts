import * as pulumi from "@pulumi/pulumi";
import { ownAnalysesText, warningsOf } from "../../release/analysis/index.js";
import { deadlineSeconds, planStages, shortestSeconds } from "../../release/strategy/index.js";
import { analysis as schema, check, release } from "../../release/settings/index.js";
import { deploymentName, durationText } from "../../release/model/index.js";
import { isTree, replacedLabel } from "../../release/template/index.js";
import { lazily } from "../arguments/index.js";
import type { CanaryReleaseArgs } from "./args.js";
import type { ProgramTemplate } from "./template.js";

const planSchema = release.pick({ analysis: true, progressDeadline: true, deadline: true });

/** Says in preview how long the analysis takes at least and may take at most, where its arguments are known. */
export function tellDeadline(resource: pulumi.Resource, args: CanaryReleaseArgs): void {
  if (!pulumi.runtime.isDryRun() || args.skipAnalysis === true) return;
  const { analysis, progressDeadline, deadline: asked } = args;
  pulumi.output({ analysis, progressDeadline, deadline: asked }).apply((input) => {
    const checked = check(planSchema, input);
    if (checked.kind !== "valid") return;
    const shortest = shortestSeconds(checked.settings);
    const deadline = deadlineSeconds(checked.settings);
    const steps = planStages(checked.settings.analysis).length;
    const takes = `${steps} ${steps === 1 ? "step takes" : "steps take"} ${durationText(shortest)} at least`;
    if (deadline < shortest)
      void pulumi.log.warn(
        `deadline: ${durationText(deadline)} is too short: ${takes}, so no release can pass`,
        resource,
      );
    else void pulumi.log.info(`deadline: ${durationText(deadline)} (${takes}; gates and pauses don't count)`, resource);
    for (const line of ownAnalysesText(checked.settings.analysis)) void pulumi.log.info(line, resource);
  });
}

/** Says in preview which label of the template a release replaces: what selects pods by it has to know. */
export function warnOfReplacedLabel(resource: pulumi.Resource, release: string, template: ProgramTemplate): void {
  if (!pulumi.runtime.isDryRun()) return;
  template.output.apply(({ metadata }) =>
    lazily(metadata?.labels, (labels) => {
      const replaced = isTree(labels) ? replacedLabel(release, labels) : undefined;
      if (replaced === undefined) return;
      const own = `${deploymentName(release, "canary")} and ${deploymentName(release, "primary")}`;
      void pulumi.log.warn(
        `template.metadata.labels.app: ${replaced} becomes ${own}, by which the release tells its pods: select them by another label, or call the release ${replaced}`,
        resource,
      );
    }),
  );
}

/** Says in preview what is valid but may not do what its author thinks; one line each, with the property's path. */
export function warnOfDoubts(resource: pulumi.Resource, { analysis, platform, skipAnalysis }: CanaryReleaseArgs): void {
  if (!pulumi.runtime.isDryRun() || skipAnalysis === true) return;
  const scrapeIntervalSeconds = platform?.scrapeIntervalSeconds;
  pulumi.output(analysis).apply((input) => {
    const checked = check(schema, input);
    if (checked.kind !== "valid") return;
    const circumstances = scrapeIntervalSeconds === undefined ? {} : { scrapeIntervalSeconds };
    for (const line of warningsOf(checked.settings, circumstances)) void pulumi.log.warn(line, resource);
  });
  if (platform !== undefined && !platform.gatewayReadsRetries)
    void pulumi.log.warn(
      "platform: the gateway's metrics lack upstream_status: a retried request hides the failed attempt",
      resource,
    );
}
