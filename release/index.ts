/** What runs during `pulumi up`: the dynamic resources' runtime, loaded by the stubs in `components/`. */
import { enableCompileCache } from "node:module";
import { nodeProblem } from "./model/node.js";

// The order of what follows is the order in which it is loaded: an old Node gets no further than this.
const problem = nodeProblem();
if (problem !== undefined) throw Object.assign(new Error(problem), { stack: problem });

// Every preview and update loads this in a new process: compiled code kept on disk halves that.
enableCompileCache();

export { adoption } from "./pulumi/adoption/index.js";
export { generatedCertificate, generatedKey } from "./pulumi/credentials.js";
export { endWithTheEngine } from "./pulumi/engine-exit.js";
export { analysis, preparation, promotion } from "./pulumi/providers.js";
export { refusal } from "./pulumi/refusal.js";
export { sourceRoute } from "./pulumi/source-route/index.js";
export { trackedConfiguration } from "./pulumi/tracked-configuration/index.js";
