/** Prettier for TypeScript alone: a tenth of its package. */
import * as babel from "prettier/plugins/babel";
import * as estree from "prettier/plugins/estree";
import { format } from "prettier/standalone";

/** A program in TypeScript, formatted as Prettier does by default but for the width. */
export function formatTypeScript(text: string, printWidth: number): Promise<string> {
  return format(text, { parser: "babel-ts", plugins: [babel, estree], printWidth });
}
