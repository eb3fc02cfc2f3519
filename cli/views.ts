import Table from "cli-table3";
import type { ReleaseStatus, StrategyStatus, TrainStatus } from "../release/model/index.js";
import { ownNames, restSplit, splitText } from "../release/strategy/index.js";
import type { Split } from "../release/strategy/index.js";
import type { EventView, ReleaseView } from "./releases.js";

const noBorders = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
} as const;

/** Columns as kubectl prints them. */
export function columns(rows: readonly (readonly string[])[], indent = ""): string {
  const table = new Table({ chars: noBorders, style: { head: [], border: [], "padding-left": 0, "padding-right": 1 } });
  table.push(...rows.map((row) => [...row]));
  const lines = table.toString().split("\n");
  return lines.map((line) => `${indent}${line}`.trimEnd()).join("\n");
}

/** Text that others wrote, without line breaks and what would steer a terminal. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim();
}

/** One thing to show of a release, in the tables and on the dashboard. */
export interface Column {
  /** As kubectl heads its columns. */
  readonly title: string;
  /** In words. */
  readonly label: string;
  /** "" where there is nothing to say. */
  readonly valueOf: (release: ReleaseView) => string;
  /** Left out of a table in which nobody has it: what only some strategies have. */
  readonly optional?: true;
}

/** What `status` and `watch` show of each release; a strategy adds what it has to say here. */
export const releaseColumns: readonly Column[] = [
  { title: "NAMESPACE", label: "Namespace", valueOf: ({ namespace }) => namespace },
  { title: "NAME", label: "Name", valueOf: ({ name }) => name },
  { title: "STATUS", label: "Phase", valueOf: ({ status }) => status?.phase ?? "" },
  {
    title: "WEIGHT",
    label: "Weight",
    valueOf: ({ status }) => (status === undefined ? "" : String(status.canaryWeight)),
  },
  {
    title: "TRAIN",
    label: "Train",
    valueOf: ({ status }) => (status?.train === undefined ? "" : `${status.train.name} (${status.train.stands})`),
    optional: true,
  },
  { title: "LASTTRANSITIONTIME", label: "Last change", valueOf: ({ status }) => status?.lastTransitionTime ?? "" },
];

/** The article's table. */
export function releaseTable(releases: readonly ReleaseView[], shown: readonly Column[] = releaseColumns): string {
  if (releases.length === 0) return "No releases found";
  const used = shown.filter(
    ({ optional, valueOf }) => optional === undefined || releases.some((each) => valueOf(each)),
  );
  const rows = byName(releases).map((release) => used.map(({ valueOf }) => valueOf(release)));
  return columns([used.map(({ title }) => title), ...rows]);
}

export function byName(releases: readonly ReleaseView[]): readonly ReleaseView[] {
  return releases.toSorted((a, b) => `${a.namespace}/${a.name}`.localeCompare(`${b.namespace}/${b.name}`));
}

/** One release like `kubectl describe`: its status as in the article, then its events. */
export function description(release: ReleaseView, events: readonly EventView[], nowMs: number): string {
  const parts = [
    `Name:       ${release.name}\nNamespace:  ${release.namespace}`,
    statusBlock(release),
    ...(Object.keys(release.commands).length === 0 ? [] : [requests(release)]),
    eventBlock(events, nowMs),
  ];
  return parts.join("\n");
}

function statusBlock({ status }: ReleaseView): string {
  if (status === undefined) return "Status:     <none> (no run yet)";
  const conditions = status.conditions.flatMap(({ message, reason, status: value, type }) => [
    ["  Message:", message],
    ["  Reason:", reason],
    ["  Status:", value],
    ["  Type:", type],
  ]);
  const rows: readonly (readonly string[])[] = [
    ["Canary Weight:", String(status.canaryWeight)],
    ...(status.strategy === undefined ? [] : [["Strategy:", strategyText(status.strategy, status.split)]]),
    ...(status.train === undefined ? [] : [["Train:", trainText(status.train)]]),
    ...(status.baseline === undefined ? [] : [["Baseline:", baselineText(status.baseline)]]),
    ...(conditions.length === 0 ? [] : [["Conditions:", ""], ...conditions]),
    ["Failed Checks:", String(status.failedChecks)],
    ["Iterations:", String(status.iterations)],
    ["Last Transition Time:", status.lastTransitionTime],
    ["Phase:", status.phase],
    ["Revision:", status.revision],
    ...(status.promotedRevision === undefined ? [] : [["Promoted Revision:", status.promotedRevision]]),
    ...(status.scaleDownAt === undefined ? [] : [["Canary's Pods Stay Until:", status.scaleDownAt]]),
    ...(status.message === "" ? [] : [["Message:", status.message]]),
  ];
  return `Status:\n${columns(rows, "  ")}${checkBlock(status.checks)}`;
}

const kinds = { canary: "canary", abTesting: "A/B testing", blueGreen: "blue/green" } as const;

/** `A/B testing, stage 1/1: matched users, iteration 2/3`. */
function strategyText(
  { kind, stage, stages, doing, iteration, iterations, background = [], until }: StrategyStatus,
  split: Split = restSplit,
): string {
  const passed = iterations === undefined ? "" : `, iteration ${iteration ?? 0}/${iterations}`;
  const own = doing === "prePromotion" || doing === "postPromotion" ? `, ${ownNames[doing]}` : "";
  const kept = until === undefined ? "" : `, the old revision stays until ${until}`;
  const beside = background.length === 0 ? "" : `; ${background.join(", ")}`;
  return `${kinds[kind]}, stage ${stage}/${stages}: ${splitText(split)}${own}${passed}${kept}${beside}`;
}

/** `2 pods of revision 3f9a, compared with the canary`. */
function baselineText({ replicas, revision }: NonNullable<ReleaseStatus["baseline"]>): string {
  return `${replicas} ${replicas === 1 ? "pod" : "pods"} of revision ${revision}, compared with the canary`;
}

const standings = {
  aboard: "on its way",
  ready: "ready, waits for the others",
  left: "gone with the others",
  out: "taken back",
} as const;

/** `shop: taken back, for web.shop`. */
function trainText({ name, stands, follows }: TrainStatus): string {
  return `${name}: ${standings[stands]}${follows === undefined ? "" : `, for ${follows}`}`;
}

/** The last checks, with their figures. */
export function checkBlock(checks: NonNullable<ReleaseView["status"]>["checks"]): string {
  if (checks.length === 0) return "";
  const rows = checks.map(({ metric, verdict, value, limit, requests: count }) => [
    metric,
    verdict,
    value,
    limit,
    String(count),
  ]);
  return `\nChecks:\n${columns([["Metric", "Verdict", "Value", "Limit", "Requests"], ...rows], "  ")}`;
}

function requests({ commands }: ReleaseView): string {
  const rows = Object.entries(commands).map(([verb, text]) => [`${verb}:`, text]);
  return `Requests:\n${columns(rows, "  ")}`;
}

function eventBlock(events: readonly EventView[], nowMs: number): string {
  if (events.length === 0) return "Events:     <none>";
  const rows = events.map((event) => [
    event.type,
    event.reason,
    ageOf(event, nowMs),
    event.source.component,
    event.message,
  ]);
  const head = ["Type", "Reason", "Age", "From", "Message"];
  return `Events:\n${columns([head, head.map((title) => "-".repeat(title.length)), ...rows], "  ")}`;
}

function ageOf({ count, firstTimestamp, lastTimestamp }: EventView, nowMs: number): string {
  const last = age(lastTimestamp, nowMs);
  return (count ?? 1) > 1 ? `${last} (x${count} over ${age(firstTimestamp, nowMs)})` : last;
}

/** `59s`, `2m40s`, `2h5m`, `3d`, as kubectl writes ages. */
export function age(time: string | null | undefined, nowMs: number): string {
  if (time === null || time === undefined) return "<unknown>";
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(time)) / 1000));
  if (!Number.isFinite(seconds)) return "<unknown>";
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}
