import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { format } from "prettier";
import { chapters } from "./features.js";
import { featuresPage, settingsOf } from "./table.js";

const root = path.resolve(__dirname, "../../../..");
export const tablePath = path.join(root, "docs/argo-features.md");

export function settingsNow(): ReadonlySet<string> {
  return settingsOf(readFileSync(path.join(root, "release/settings/REFERENCE.md"), "utf8"));
}

/** The page as it would be written today. */
export function currentPage(): Promise<string> {
  return format(featuresPage(chapters, settingsNow()), { parser: "markdown", printWidth: 120 });
}

if (require.main === module) void currentPage().then((page) => writeFileSync(tablePath, page));
