/** `CanaryRelease`: ships each new revision of one workload to a growing share of its users. */
export { CanaryRelease } from "./canary-release.js";
export type {
  Adopt,
  AutoscalerArgs,
  CanaryReleaseArgs,
  ConfigurationArgs,
  DeploymentArgs,
  DurationArg,
  MetadataArgs,
  OwnedRoute,
  RoleMetadata,
  RoutePlugin,
  RouteReference,
  RouteTls,
  ServiceArgs,
  ServicePort,
} from "./args.js";
export type { AnalysisOutcome, TrainInput } from "./dynamic.js";
export type { Boarding } from "./making.js";
export { slots } from "./parallelism.js";
export type { AnalysisInput, MetricTemplateInput as MetricTemplate } from "../../release/settings/index.js";
export { argsProblems } from "./validate.js";
