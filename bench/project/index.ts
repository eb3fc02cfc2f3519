/** Pulumi projects run by the real command line, with everything that it starts. */
export { processesMatching, processesNamed, signalAll } from "./processes.js";
export type { ProcessView } from "./processes.js";
export { Project, programSettings } from "./project.js";
export { isPulumisOwn, Update } from "./update.js";
