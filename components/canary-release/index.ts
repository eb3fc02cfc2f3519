/** `CanaryRelease`: ships each new revision of one workload to a growing share of its users. */
export { CanaryRelease } from "./canary-release.js";
export type {
  Adopt,
  AutoscalerArgs,
  CanaryReleaseArgs,
  OwnedRoute,
  RoutePlugin,
  RouteReference,
  RouteTls,
  ServiceArgs,
} from "./args.js";
export type { AnalysisInput, MetricTemplateInput as MetricTemplate } from "../../release/settings/index.js";
