/** What runs during `pulumi up`: the dynamic resources' runtime, loaded by the stubs in `components/`. */
export { analysis, preparation, promotion } from "./providers.js";
export { makeCertificate, makeKey } from "./credentials/index.js";
