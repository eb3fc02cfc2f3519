import type { Report, Replayed, Tick } from "../release/report/index.js";
import { sentenceOf, sinceStart, groupChecks, verdictOf } from "../release/report/index.js";
import { columns, oneLine } from "./views.js";

/** The stored report as text: how the run ended, what was decided when and why, and what was announced. */
export function reportText(report: Report): string {
  const announced = report.announcements.map(({ at, message }) => [
    sinceStart(report, Date.parse(at)),
    oneLine(message),
  ]);
  return [
    `Last run:  ${runLine(report)}`,
    ...(report.ticksLeftOut === 0 ? [] : [`(the ${report.ticksLeftOut} oldest checks are left out: too large)`]),
    ...(report.ticks.length === 0 ? [] : [`Decisions:\n${decisions(report)}`]),
    ...(announced.length === 0 ? [] : [`Announcements:\n${columns(announced, "  ")}`]),
  ].join("\n");
}

function runLine({ outcome, reason, revision, startedAt, endedAt }: Report): string {
  const why = reason === "" ? "" : `: ${oneLine(reason)}`;
  return `revision ${oneLine(revision)} ${outcome}, ${startedAt} to ${endedAt}${why}`;
}

function decisions(report: Report): string {
  const rows = groupChecks(report.ticks).map(({ first, last, checks }) => [
    sinceStart(report, first.nowMs),
    `${first.canaryWeight}%`,
    verdictOf(first.decision),
    checks === 1 ? "" : `x${checks}`,
    whyOf(report, last),
  ]);
  return columns([["Time", "Weight", "Verdict", "", "Why"], ...rows], "  ");
}

/** By which analysis, where it isn't that of the steps, and why. */
function whyOf({ analyses }: Report, tick: Tick): string {
  const name = analyses[tick.analysis]?.name;
  return oneLine(name === undefined ? sentenceOf(tick) : `${name}: ${sentenceOf(tick)}`);
}

/** Every check of a replay, below it what was recorded where that is different; then what that means. */
export function replayText(report: Report, replayed: readonly Replayed[]): string {
  const rows = replayed.map(({ tick, decision, differences }) => [
    differences.length === 0 ? " " : "!",
    sinceStart(report, tick.nowMs),
    `${tick.canaryWeight}%`,
    verdictOf(decision),
    oneLine(sentenceOf({ decision })),
  ]);
  const lines = rows.length === 0 ? [] : columns(rows).split("\n");
  const shown = replayed.flatMap(({ tick, differences }, index) => [
    lines[index] ?? "",
    ...(differences.length === 0 ? [] : [`      recorded: ${recordedText(tick, differences)}`]),
  ]);
  const head = `${report.release}.${report.namespace} revision ${oneLine(report.revision)}, recorded outcome ${report.outcome}`;
  return [head, ...shown, conclusion(report, replayed)].join("\n");
}

function recordedText(tick: Tick, differences: readonly string[]): string {
  const verdict = verdictOf(tick.decision);
  const changed = differences.some((path) => path === "verdict" || path === "reason" || path.endsWith(".verdict"));
  return changed
    ? `${verdict} ${oneLine(sentenceOf(tick))}`.trimEnd()
    : `${verdict} (other: ${differences.join(", ")})`;
}

function conclusion(report: Report, replayed: readonly Replayed[]): string {
  const different = replayed.filter(({ differences }) => differences.length > 0).length;
  const checks = `${replayed.length} ${replayed.length === 1 ? "check" : "checks"}`;
  if (different === 0) return `${checks}: identical to the record`;
  const end = replayed.findIndex(({ decision }) => decision.verdict === "failNow" || decision.verdict === "giveUp");
  const ended = replayed[end];
  const left = replayed.length - end - 1;
  const note =
    ended === undefined || left === 0
      ? ""
      : `; it would have ended at ${sinceStart(report, ended.tick.nowMs)}, so that the last ${left} would not have been made`;
  return `${different} of ${checks} differ from the record${note}`;
}
