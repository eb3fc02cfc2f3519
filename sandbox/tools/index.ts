/** Every real program of the sandbox: found on PATH, in the cache, downloaded from its project, or built. */
export { ensureTool, findTool, prepareTools } from "./ensure.js";
export type { Progress } from "./steps.js";
export { podinfo, tools } from "./catalogue.js";
export { languageTools, pythonModule } from "./languages.js";
export type { Tool } from "./catalogue.js";
export { cacheRoot, exclusively } from "./lock.js";
