/** What runs during `pulumi up`: the dynamic resources' runtime, loaded by the stubs in `components/`. */
import { enableCompileCache } from "node:module";

// Every preview and update loads this in a new process: compiled code kept on disk halves that.
enableCompileCache();

export { endWithTheEngine } from "./engine.js";
export { analysis, preparation, promotion } from "./providers.js";
export { generatedCertificate, generatedKey } from "./credentials/index.js";
