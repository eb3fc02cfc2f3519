/** What runs during `pulumi up`: the three dynamic resources' runtime, loaded by the stubs in `components/`. */
export { analysis, preparation, promotion } from "./providers.js";
