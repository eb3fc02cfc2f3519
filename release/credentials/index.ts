/** Secrets that are made once and kept: the runtime of `components/generated`. */
export { generatedCertificate, generatedKey } from "./providers.js";
