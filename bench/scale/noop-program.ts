import { programSettings } from "../project/index.js";
import { fleetProgram, noopSettings } from "./fleet.js";
import { plainProgram } from "./plain.js";

// A Pulumi program: a fleet of releases, or the same objects without the dynamic resources between them.

const { dynamic, ...fleet } = noopSettings.parse(programSettings());
const program = dynamic ? fleetProgram({ ...fleet, stepSeconds: 10, autoscaled: true }) : plainProgram(fleet);
void program();
