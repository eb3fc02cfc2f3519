import type { Assessment, Observation } from "../analysis/contract.js";
import { check, inOneLine, release } from "../settings/index.js";
import type { ReleaseSettings } from "../settings/index.js";
import { writeDecision } from "./document.js";
import type { Decision, Report, Tick } from "./document.js";
import { readingOf } from "./samples.js";

/** The analysis, as the machine calls it. */
export type Judge = (
  settings: ReleaseSettings,
  startedAtMs: number,
  subject: "canary" | "primary",
) => (observation: Observation) => Assessment;

/** One check, decided again. */
export interface Replayed {
  readonly tick: Tick;
  readonly decision: ReturnType<typeof writeDecision>;
  /** What is not as recorded; empty where nothing is. */
  readonly differences: readonly string[];
}

/** The settings of a report, with changes. @throws Error of one line where they are not valid. */
export function settingsOf(report: Report, changes: readonly Change[] = []): ReleaseSettings {
  const changed = changes.reduce<unknown>(
    (value, change) => withChange(value, change.path, change.value),
    report.settings,
  );
  const checked = check(release, changed);
  if (checked.kind === "valid") return checked.settings;
  throw new Error(checked.kind === "invalid" ? inOneLine(checked.problems) : "the settings are incomplete");
}

/** Another value for one setting, by its path. */
export interface Change {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

/** Reads `analysis.metrics[0].thresholdRange.min=99`; the value is JSON, or else the text itself. */
export function parseChange(text: string): Change {
  const match = /^([A-Za-z]\w*(?:\.[A-Za-z]\w*|\[\d+\])*)=(.*)$/s.exec(text);
  const [, name, value] = match ?? [];
  if (name === undefined || value === undefined)
    throw new Error(`${JSON.stringify(text)} is not a setting: write it like analysis.confidence=0.99`);
  if (!/^(analysis[.[]|scrapeInterval$)/.test(name))
    throw new Error(`${name} has no part in the decisions: analysis.… and scrapeInterval have`);
  const path = name.split(/\.|(?=\[)/).map((part) => (part.startsWith("[") ? Number(part.slice(1, -1)) : part));
  return { path, value: jsonOr(value) };
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function withChange(value: unknown, path: Change["path"], next: unknown): unknown {
  const [part, ...rest] = path;
  if (part === undefined) return next;
  if (Array.isArray(value) && typeof part === "number") {
    const list: readonly unknown[] = value;
    return Object.assign([...list], { [part]: withChange(list[part], rest, next) });
  }
  const object = typeof value === "object" && value !== null ? value : {};
  return { ...object, [part]: withChange(Reflect.get(object, part), rest, next) };
}

/**
 * Folds the recorded observations through the analysis again. @throws Error of one line where the report has lost the
 * oldest of them.
 */
export function replay(report: Report, settings: ReleaseSettings, judge: Judge): readonly Replayed[] {
  if (report.ticksLeftOut > 0)
    throw new Error(
      `the ${report.ticksLeftOut} oldest checks were left out of this report, so that it can't be decided again`,
    );
  const observers = report.analyses.map(({ startedAtMs, subject }) => judge(settings, startedAtMs, subject));
  return report.ticks.map((tick) => {
    const observe = observers[tick.analysis];
    if (observe === undefined) throw new Error("a check of this report belongs to no analysis");
    const decision = writeDecision(observe(observationOf(report, tick)));
    return { tick, decision, differences: differencesOf(tick.decision, decision) };
  });
}

/** What the analysis was told at this check, as it was. */
export function observationOf(report: Report, tick: Tick): Observation {
  const { nowMs, surroundings, intervalEnds, finalStep } = tick;
  return {
    nowMs,
    reading: readingOf(report, tick),
    surroundings,
    intervalEnds,
    ...(finalStep === undefined ? {} : { finalStep }),
  };
}

/** Figures of another machine may differ in their last digits. */
const tolerance = 1e-9;

function differencesOf(recorded: Decision, replayed: Replayed["decision"]): readonly string[] {
  const different: string[] = [];
  compare("", recorded, replayed, different);
  return different;
}

/** Collects the paths at which two JSON values differ. */
function compare(path: string, a: unknown, b: unknown, found: string[]): void {
  if (typeof a === "object" && typeof b === "object" && a !== null && b !== null) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
      compare(path === "" ? key : `${path}.${key}`, Reflect.get(a, key), Reflect.get(b, key), found);
    return;
  }
  if (!alike(a, b)) found.push(path);
}

function alike(a: unknown, b: unknown): boolean {
  if (typeof a === "number" && typeof b === "number" && Number.isFinite(a) && Number.isFinite(b))
    return Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a), Math.abs(b));
  return Object.is(a, b) || String(a) === String(b);
}
