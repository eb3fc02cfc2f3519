/** Every real program of the sandbox: found on PATH, in the cache, downloaded from its project, or built. */
export { ensureTool, findTool, prepareTools } from "./ensure.js";
export type { FoundTool, Progress } from "./ensure.js";
export { podinfo, tools } from "./catalogue.js";
export type { Tool } from "./catalogue.js";
export { cacheRoot, exclusively } from "./lock.js";
