/** Certificates signed by themselves. */
export { generate } from "selfsigned";
