/** What runs during `pulumi up`: the dynamic resources' runtime, loaded by the stubs in `components/`. */
import { enableCompileCache } from "node:module";

// Every preview and update loads this in a new process: compiled code kept on disk halves that.
enableCompileCache();

export { adoption } from "./pulumi/adoption/index.js";
export { generatedCertificate, generatedKey } from "./pulumi/credentials.js";
export { endWithTheEngine } from "./pulumi/engine-exit.js";
export { analysis, preparation, promotion } from "./pulumi/providers.js";
export { sourceRoute } from "./pulumi/source-route/index.js";
export { trackedConfiguration } from "./pulumi/tracked-configuration/index.js";
