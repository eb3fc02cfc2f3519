import type { Fault } from "./fault.js";
import { everybodysFaults } from "./fault-everybody.js";
import { externalEditFaults } from "./fault-external-edits.js";
import { processFaults } from "./fault-processes.js";
import { timeFaults } from "./fault-time.js";

/** Everything that may happen to a release under way. */
export const faults: readonly Fault[] = [...processFaults, ...timeFaults, ...externalEditFaults, ...everybodysFaults];

/** Throws where there is none of the name. */
export function faultNamed(name: string): Fault {
  const found = faults.find((fault) => fault.name === name);
  if (found === undefined) throw new Error(`no fault ${name}; one of ${faults.map((each) => each.name).join(", ")}`);
  return found;
}

export type { Fault, FaultEffect } from "./fault.js";
