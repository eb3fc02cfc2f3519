/** Releases that belong together: what one member does, given what all the others say. Pure; no I/O. */
export * from "./decide.js";
export * from "./memory.js";
