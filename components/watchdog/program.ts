import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

/** This package's own watchdog in one file, beside the compiled components. */
const file = path.join(__dirname, "..", "..", "release", "watchdog", "program.js");

/**
 * The watchdog's program as the entry of a ConfigMap.
 * @throws Error in one line where the package was not built.
 */
export function programFiles(): Readonly<Record<string, string>> {
  if (!existsSync(file))
    throw new Error(
      "ReleaseWatchdog: the package is not built (release/watchdog/program.js is missing); run npm run build",
    );
  return { "main.js": readFileSync(file, "utf8") };
}
