/** Which program an image name means: given by hand, pulled from its registry, or of this machine. */
export { findImage } from "./find.js";
export { imagesHelp, imagesVariable } from "./given.js";
export { imageIdOf } from "./image.js";
export type { Accounts, Image, RootFiles } from "./image.js";
export { installHey, prepareImages } from "./prepare.js";
export { accountsOf, withoutLinks } from "./root.js";
