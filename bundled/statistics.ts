/** Functions of the beta distribution: some 270 packages of one folder each. */
export { default as betainc } from "@stdlib/math-base-special-betainc";
export { default as betaln } from "@stdlib/math-base-special-betaln";
