// Stand-in for Apache APISIX 3.17: environment variables in config.yaml.
import { SettingsError } from "./error.js";

/** Fills `${{NAME}}` and `${{NAME:=default}}` everywhere in a parsed file. Throws SettingsError for a missing variable. */
export function substitute(value: unknown, env: NodeJS.ProcessEnv): unknown {
  if (typeof value === "string") {
    return substituteText(value, env);
  }
  if (Array.isArray(value)) {
    return value.map((entry) => substitute(entry, env));
  }
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, substitute(entry, env)]));
  }
  return value;
}

function substituteText(text: string, env: NodeJS.ProcessEnv): string | number | boolean {
  let replaced = false;
  const result = text.replace(/\$\{\{\s*(\w+)(?::=([^}]*?))?\s*\}\}/g, (_all, name: string, fallback?: string) => {
    const found = env[name] ?? fallback;
    if (found === undefined) {
      throw new SettingsError(`failed to handle configuration: can't find environment variable ${name}`);
    }
    replaced = true;
    return found;
  });
  if (!replaced) {
    return text;
  }
  // As the real one does: a value that came from the environment may become a number or a boolean.
  if (result === "true" || result === "false") {
    return result === "true";
  }
  return looksLikeNumber(result) ? Number(result) : result;
}

/** What Lua's tonumber takes: also 1e5, 0x1F, .5 and spaces around; a key of digits and one `e` is a number, too. */
function looksLikeNumber(text: string): boolean {
  return /^\s*[-+]?(0[xX][\da-fA-F]+|(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?)\s*$/.test(text);
}
