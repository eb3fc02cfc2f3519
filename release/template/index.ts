/** The pod template of each role, made of the program's or of a live one: pure. */
export { selectorFor, templateFor } from "./template.js";
export type { PlainTemplate, Renames } from "./template.js";
