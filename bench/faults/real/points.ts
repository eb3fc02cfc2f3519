import type { ReleaseView } from "./observer.js";

/** Moments of a release at which it is most dangerous to lose something. */
export const points = [
  "scaling-up",
  "first-step",
  "last-step",
  "waiting-promotion",
  "promoting",
  "taking-back",
  "pausing",
  "previewing",
  "mirroring",
  "all-users",
] as const;
export type Point = (typeof points)[number];

/** The canary's shares of every release here, percent; the last is also the plan's highest. */
export const stepWeights = [20, 50] as const;
/** Of the way back to the promoted primary, percent. */
export const stepWeightPromotion = 25;

const lastStep: number = stepWeights[stepWeights.length - 1] ?? 0;

/** Whether the release is at the point now; `highest` is the largest share its canary has had in this run. */
export function isAt(point: Point, view: ReleaseView, highest: number): boolean {
  switch (point) {
    case "scaling-up":
      return view.phase === "Progressing" && view.weight === 0 && view.canaryReplicas > 0 && highest === 0;
    case "first-step":
      return view.phase === "Progressing" && view.weight > 0;
    case "last-step":
      return view.phase === "Progressing" && view.weight === lastStep;
    case "waiting-promotion":
      return view.phase === "WaitingPromotion";
    case "promoting":
      return view.phase === "Promoting" || view.phase === "Finalising";
    case "taking-back":
      return view.phase === "Progressing" && view.weight === 0 && highest > 0;
    case "pausing":
      return view.phase === "Progressing" && view.doing === "pause";
    case "previewing":
      return view.phase === "Progressing" && view.doing === "preview" && view.weight > 0;
    case "mirroring":
      return view.phase === "Progressing" && view.doing === "mirror" && view.weight > 0;
    case "all-users":
      return view.phase === "Progressing" && view.doing === "allUsers" && view.weight === 100;
  }
}
