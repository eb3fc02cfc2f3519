/** What runs already and becomes a release's, and a plain Deployment again when the release goes. */
export { ReleaseObjects } from "./objects.js";
export type { ReleaseAutoscaler, ReleaseDeployment, ReleaseRoute, ReleaseService } from "./objects.js";
export { Takeover } from "./takeover.js";
