/** Releases that belong together: promoted all at once or not at all, or one after the other. */
export { ReleaseTrain } from "./release-train.js";
export type { ReleaseTrainArgs, TrainMember } from "./args.js";
