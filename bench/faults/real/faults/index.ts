import type { Fault } from "./contract.js";
import { everybodysFaults } from "./everybody.js";
import { handFaults } from "./hands.js";
import { processFaults } from "./processes.js";
import { timeFaults } from "./time.js";

/** Everything that may happen to a release under way. */
export const faults: readonly Fault[] = [...processFaults, ...timeFaults, ...handFaults, ...everybodysFaults];

/** Throws where there is none of the name. */
export function faultNamed(name: string): Fault {
  const found = faults.find((fault) => fault.name === name);
  if (found === undefined) throw new Error(`no fault ${name}; one of ${faults.map((each) => each.name).join(", ")}`);
  return found;
}

export type { Fault, Scene, Struck } from "./contract.js";
