/** Secrets that are made once and kept: the runtime of `components/credentials`. */
export { generatedCertificate, generatedKey } from "./providers.js";
