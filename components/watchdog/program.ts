import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** This package's own compiled watchdog, beside the compiled components. */
const folder = path.join(__dirname, "..", "..", "release", "watchdog");

/**
 * The watchdog's files as entries of a ConfigMap: name to content.
 * @throws Error in one line where the package was not built.
 */
export function programFiles(): Readonly<Record<string, string>> {
  if (!existsSync(path.join(folder, "main.js")))
    throw new Error(
      "ReleaseWatchdog: the package is not built (release/watchdog/main.js is missing); run npm run build",
    );
  const names = readdirSync(folder).filter((name) => name.endsWith(".js"));
  return Object.fromEntries(
    names.toSorted().map((name) => [name, withoutMap(readFileSync(path.join(folder, name), "utf8"))]),
  );
}

/** The source maps stay here. */
function withoutMap(text: string): string {
  return text.replace(/^\/\/# sourceMappingURL=.*$/gm, "").trimEnd() + "\n";
}
