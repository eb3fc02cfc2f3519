/** The package's public face. */
import { RunError } from "@pulumi/pulumi";
import { nodeProblem } from "../release/model/node.js";

// The order of what follows is the order in which it is loaded: an old Node gets no further than this.
const problem = nodeProblem();
if (problem !== undefined) throw new RunError(problem);

export type { ReleaseAutoscaler, ReleaseDeployment, ReleaseRoute, ReleaseService } from "./adoption/index.js";
export type { Computed, ComputedParts } from "./arguments/index.js";
export * from "./apisix/index.js";
export { CanaryRelease } from "./canary-release/index.js";
export type {
  Adopt,
  AnalysisInput,
  AnalysisOutcome,
  AutoscalerArgs,
  CanaryReleaseArgs,
  ConfigurationArgs,
  DeploymentArgs,
  DurationArg,
  MetadataArgs,
  MetricTemplate,
  OwnedRoute,
  RoleMetadata,
  RoutePlugin,
  RouteReference,
  RouteTls,
  ServiceArgs,
  ServicePort,
} from "./canary-release/index.js";
export type { Role } from "../release/model/index.js";
export { CanaryDefinitions } from "./crds/index.js";
export type { CanaryDefinitionsArgs, DefinitionOptions } from "./crds/index.js";
export * from "./from-flagger/index.js";
export * from "./grafana/index.js";
export * from "./ingress-controller/index.js";
export type { DisruptionBudget, PodMonitorOptions, PodOptions, ServiceOptions } from "./kubernetes/index.js";
export * from "./load-tester/index.js";
export { releaseRole } from "./permissions/index.js";
export type { PermissionRule, ReleaseRole, ReleaseRoleOptions } from "./permissions/index.js";
export * from "./platform/index.js";
export { promotedBy, promotedTag } from "./promoted/index.js";
export type { PromotedOptions, PromotedRelease, PromotedVerdict, Stack } from "./promoted/index.js";
export * from "./prometheus/index.js";
export * from "./release-train/index.js";
export * from "./watchdog/index.js";
