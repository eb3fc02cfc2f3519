import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { format } from "prettier";
import { parseFields } from "./outcome.js";
import { fieldsPage } from "./table.js";

const root = path.resolve(__dirname, "../../../../..");
export const tablePath = path.join(root, "docs/flagger-fields.md");
export const fieldsPath = path.join(root, "tests/unit/from-flagger/data/crd-fields.txt");

/** The page as the code of today would write it. */
export async function currentPage(): Promise<string> {
  return format(fieldsPage(parseFields(readFileSync(fieldsPath, "utf8"))), { parser: "markdown", printWidth: 120 });
}

async function main(): Promise<void> {
  mkdirSync(path.dirname(tablePath), { recursive: true });
  writeFileSync(tablePath, await currentPage());
}

if (require.main === module) void main();
