/** `CanaryRelease`: ships each new revision of one workload to a growing share of its users. */
export { CanaryRelease } from "./canary-release.js";
export type {
  AutoscalerArgs,
  CanaryReleaseArgs,
  OwnedRoute,
  RoutePlugin,
  RouteReference,
  ServiceArgs,
} from "./args.js";
export type { AnalysisInput, MetricTemplateInput as MetricTemplate } from "../../release/settings/index.js";
export { argsProblems } from "./validate.js";
