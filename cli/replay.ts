import { readFile } from "node:fs/promises";
import { judge } from "../release/machine/index.js";
import { parseChange, readReport, replay, settingsOf } from "../release/report/index.js";
import type { Report } from "../release/report/index.js";
import { replayText } from "./report-text.js";

/**
 * Decides a stored report again, with other settings (`analysis.confidence=0.99`) where given. `identical` is whether every decision is as recorded.
 * @throws Error of one line about the file or a setting.
 */
export async function replayFile(
  file: string,
  settings: readonly string[],
): Promise<{ readonly text: string; readonly identical: boolean }> {
  const changes = settings.map(parseChange);
  const report = await read(file);
  const replayed = replay(report, settingsOf(report, changes), judge);
  return {
    text: replayText(report, replayed),
    identical: replayed.every(({ differences }) => differences.length === 0),
  };
}

async function read(file: string): Promise<Report> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
    throw new Error(`${file} can't be read (${code})`);
  });
  try {
    return readReport(text);
  } catch (error) {
    throw new Error(`${file} ${error instanceof Error ? error.message : "can't be read"}`, { cause: error });
  }
}
