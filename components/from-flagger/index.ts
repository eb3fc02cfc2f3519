/** Takes an existing Flagger `Canary`, and what it refers to, as it is. */
export { fromFlagger } from "./from-flagger.js";
export type { FlaggerArgs, FromFlagger, FromFlaggerOptions } from "./from-flagger.js";
/** A whole Pulumi program for an existing Flagger `Canary`. */
export { programFor } from "./program.js";
export type { ProgramOptions } from "./program.js";
