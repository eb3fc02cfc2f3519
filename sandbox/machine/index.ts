/** A private machine on this one: its own network, mounts and processes, and a cluster in it. */
export { describeSandbox, startSandbox, stopSandbox } from "./sandbox.js";
export { runInside } from "./run-inside.js";
export { defaultName, stateFolder } from "./state.js";
export { showApiServer } from "./api-server.js";
export type { ApiServerOutside } from "./api-server.js";
export { installClients } from "./programs.js";
