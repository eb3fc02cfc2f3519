/** A private machine on this one: its own network, mounts and processes, and a cluster in it. */
export { runInside, startSandbox, statusOf, stopSandbox } from "./sandbox.js";
export type { InsideOptions, SandboxOptions } from "./sandbox.js";
export { stateFolder } from "./state.js";
