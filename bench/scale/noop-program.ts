import { z } from "zod";
import { programSettings } from "../project/index.js";
import { fleetProgram } from "./fleet.js";
import { plainProgram } from "./plain.js";

// A Pulumi program: a fleet of releases, or the same objects without the dynamic resources between them.

export const noopSettings = z.strictObject({
  namespace: z.string(),
  releases: z.number(),
  version: z.string(),
  dynamic: z.boolean(),
});

export type NoopSettings = z.output<typeof noopSettings>;

const { dynamic, ...fleet } = noopSettings.parse(programSettings());
const program = dynamic ? fleetProgram({ ...fleet, stepSeconds: 10, autoscaled: true }) : plainProgram(fleet);
void program();
