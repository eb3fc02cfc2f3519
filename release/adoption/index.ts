/** Taking over what runs already, and giving it back: what to do next, by what the cluster says alone. Pure. */
export { decideAdoption } from "./decide.js";
export type { AdoptionKind, AdoptionStep } from "./decide.js";
export { decideHandBack } from "./hand-back.js";
export type { HandBackStep } from "./hand-back.js";
export * from "./live.js";
export { survey } from "./survey.js";
export { keptOf } from "./taking.js";
export type { Kept, Surroundings, Taking } from "./taking.js";
