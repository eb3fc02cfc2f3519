import { writeFile } from "node:fs/promises";
import { createReportStore } from "../release/adapters/report-store/index.js";
import type { ReleaseStatus } from "../release/model/index.js";
import { readReport } from "../release/report/index.js";
import type { Report } from "../release/report/index.js";
import { reportText } from "./report-text.js";
import type { Releases } from "./releases.js";
import { checkBlock } from "./views.js";

/** Where the report goes; default: as text to the terminal. `-` is standard output. */
export interface ReportTarget {
  readonly json?: string;
  readonly html?: string;
}

/**
 * What the last run decided; what to print.
 * @throws Error where a document is asked for and no run has stored one.
 */
export async function showReport(
  releases: Releases,
  namespace: string,
  name: string,
  { json, html }: ReportTarget,
  signal: AbortSignal,
): Promise<string> {
  const store = createReportStore(releases.api, { name, namespace });
  if (json === undefined && html === undefined) {
    const status = statusText(name, await statusOf(releases, namespace, name, signal));
    const stored = await store.read(signal).then(
      (text) => (text === undefined ? "" : reportText(parse(text, name))),
      (error: unknown) => `No report: ${error instanceof Error ? error.message : "unknown reason"}`,
    );
    return stored === "" ? status : `${status}\n\n${stored}`;
  }
  const text = await store.read(signal);
  if (text === undefined) throw new Error(`${name} has no stored report: none of its runs has ended by itself yet`);
  const report = parse(text, name);
  const said: string[] = [];
  if (json !== undefined) said.push(await put(json, `${text}\n`));
  if (html !== undefined) said.push(await put(html, await page(report)));
  return said.filter((line) => line !== "").join("\n");
}

/** @throws Error where it has none. */
export async function statusOf(
  releases: Releases,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<ReleaseStatus> {
  const { status } = await releases.get(namespace, name, signal);
  if (status === undefined) throw new Error(`${name} has had no run yet`);
  return status;
}

function statusText(name: string, status: ReleaseStatus): string {
  const { judged, phase, revision, message, checks } = status;
  const verdict = judged === undefined ? "not judged" : `${judged.verdict} at ${judged.at}: ${judged.reason}`;
  return `${name}: ${phase}\nRevision: ${revision}\nVerdict:  ${verdict}\nMessage:  ${message}${checkBlock(checks)}`;
}

/** The chart library takes a moment to load: only for those who want charts. */
async function page(report: Report): Promise<string> {
  const { htmlOf } = await import("../release/report/html/index.js");
  return htmlOf(report);
}

/** Writes the file and says so; for `-` returns the content. */
async function put(file: string, content: string): Promise<string> {
  if (file === "-") return content.trimEnd();
  try {
    await writeFile(file, content);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
    throw new Error(`${file} can't be written (${code})`, { cause: error });
  }
  return `wrote ${file}`;
}

function parse(text: string, name: string): Report {
  try {
    return readReport(text);
  } catch (error) {
    throw new Error(`the stored report of ${name} ${error instanceof Error ? error.message : "can't be read"}`, {
      cause: error,
    });
  }
}
