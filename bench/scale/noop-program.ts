import { programSettings } from "../project/index.js";
import { fleetProgram, noopSettings } from "./fleet.js";
import { plainProgram } from "./plain.js";

// A Pulumi program: a fleet of releases, or the same objects without the dynamic resources between them or with empty ones.

const { parts, ...fleet } = noopSettings.parse(programSettings());
const program =
  parts === "ours"
    ? fleetProgram({ ...fleet, stepSeconds: 10, autoscaled: true })
    : plainProgram({ ...fleet, emptySteps: parts === "empty" });
void program();
