import * as pulumi from "@pulumi/pulumi";
import { warningsOf } from "../../release/analysis/index.js";
import { analysis as schema, check } from "../../release/settings/index.js";
import type { CanaryReleaseArgs } from "./args.js";

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
