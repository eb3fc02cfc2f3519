import { Eta } from "eta";
import { isUnderWay } from "../../release/model/index.js";
import type { Phase, ReleaseStatus } from "../../release/model/index.js";
import { sectionsOf, style as reportStyle } from "../../release/report/html/index.js";
import { imageOf, withoutUrls } from "../../release/report/index.js";
import type { Report } from "../../release/report/index.js";
import type { EventView, ReleaseView } from "../releases.js";
import { age, oneLine, releaseColumns } from "../views.js";
import type { Details } from "./feed.js";
import { style } from "./style.js";
import { templates } from "./templates.js";

/** Parts of a page by their ids, as HTML: what changes is sent again. */
export type Sections = Readonly<Record<string, string>>;

const eta = new Eta({ autoEscape: true });
for (const [name, text] of Object.entries(templates)) eta.loadTemplate(`@${name}`, text);

/** Whatever others wrote, in one line and without addresses: what proves who asks is mostly in one. */
const said = (text: string): string => withoutUrls(oneLine(text));

/** The whole page, with what there is now; its script asks for the rest at `events`. */
export function pageOf(page: {
  readonly title: string;
  /** Path of the page above; "" for none. */
  readonly up: string;
  readonly events: string;
  readonly script: string;
  readonly sections: Sections;
}): string {
  return eta.render("@page", { ...page, style: reportStyle + style });
}

/** What went wrong, in one line. */
export function troubleOf(message: string): string {
  return eta.render("@trouble", { message: said(message) });
}

/** @param hrefOf path of the page of one release */
export function listSections(
  releases: readonly ReleaseView[],
  nowMs: number,
  hrefOf: (release: ReleaseView) => string,
): Sections {
  const shown = releases.map((release) => ({ ...cardOf(release, nowMs), href: hrefOf(release) }));
  return { releases: eta.render("@releases", { releases: shown.toSorted((a, b) => Number(b.runs) - Number(a.runs)) }) };
}

/** Columns that the card shows at a place of its own. */
const placed = new Set(["NAMESPACE", "NAME", "STATUS", "WEIGHT", "LASTTRANSITIONTIME"]);

function cardOf(release: ReleaseView, nowMs: number) {
  const { namespace, name, status } = release;
  const extras = releaseColumns.filter(({ title }) => !placed.has(title));
  return {
    ...shareOf(status),
    namespace,
    name,
    phase: status?.phase ?? "no run yet",
    revision: status === undefined ? "no revision" : `revision ${status.revision}`,
    message: said(status?.message ?? "") || checksText(status),
    since: status === undefined ? "" : `unchanged for ${age(status.lastTransitionTime, nowMs)}`,
    extras: extras.flatMap(({ label, valueOf }) => (valueOf(release) === "" ? [] : [`${label} ${valueOf(release)}`])),
    runs: status !== undefined && isUnderWay(status.phase),
  };
}

/** What the checks of a run found, in a few words. */
function checksText(status: ReleaseStatus | undefined): string {
  if (status === undefined || status.checks.length === 0) return "";
  const open = status.checks.filter(({ verdict }) => verdict !== "pass");
  if (open.length === 0) return "all checks pass";
  return open.map(({ metric, verdict, value, limit }) => `${metric} ${verdict}: ${value} (limit ${limit})`).join(", ");
}

function shareOf(status: ReleaseStatus | undefined) {
  return {
    tone: status === undefined ? "" : toneOf(status.phase),
    weight: status?.canaryWeight ?? 0,
    planned: status?.plannedWeight ?? 0,
  };
}

function toneOf(phase: Phase): "good" | "bad" | "open" | "work" {
  switch (phase) {
    case "Initialized":
    case "Succeeded":
      return "good";
    case "Failed":
    case "Terminating":
      return "bad";
    case "Waiting":
    case "WaitingPromotion":
      return "open";
    case "Initializing":
    case "Progressing":
    case "Promoting":
    case "Finalising":
      return "work";
  }
}

/** Everything about one release; the charts are the report's own. */
export function releaseSections({ release, report: seen, events }: Details, nowMs: number): Sections {
  const { status } = release;
  const report = seen?.report;
  const sinceMs = seen === undefined ? 0 : performance.now() - seen.seenMs;
  const runs = status !== undefined && isUnderWay(status.phase);
  const own = report !== undefined && (!runs || report.revision === status.revision) ? report : undefined;
  const parts = own === undefined ? undefined : sectionsOf(own);
  const drawn = own === undefined ? undefined : sectionsOf(upTo(own, status, sinceMs));
  const titled = (title: string, body = "", note = ""): string => eta.render("@titled", { title, body, note });
  return {
    head: eta.render("@head", headOf(release, own, nowMs)),
    now: eta.render("@now", nowOf(status)),
    charts: titled(runs ? "This run" : "Last run", drawn?.charts, noteOf(own, runs)),
    decisions: titled("Decisions", parts?.decisions),
    commands: titled("What people asked", parts?.commands),
    steps: eta.render("@steps", { steps: runs ? stepsFor(release) : [] }),
    events: eta.render("@events", {
      events: events
        .slice(-30)
        .toReversed()
        .map((event) => eventOf(event, nowMs)),
    }),
  };
}

/** The report of a run that goes on, drawn up to this moment, with the weight of which the cluster says that it is set. */
function upTo(report: Report, status: ReleaseStatus | undefined, sinceMs: number): Report {
  if (report.outcome !== "running" || status === undefined || !isUnderWay(status.phase)) return report;
  const at = new Date(Date.parse(report.endedAt) + sinceMs).toISOString();
  const { phase, canaryWeight } = status;
  const now = { at, level: "info", message: "", phase, canaryWeight } as const;
  return { ...report, endedAt: at, announcements: [...report.announcements, now] };
}

function noteOf(report: Report | undefined, runs: boolean): string {
  if (report?.outcome !== "running") return "";
  return runs
    ? "Checks are drawn some seconds late, as the run stores them."
    : "This run ended without a word: its machine was lost, perhaps.";
}

function headOf(release: ReleaseView, report: Report | undefined, nowMs: number) {
  const { namespace, name, status, commands } = release;
  const image = report === undefined ? undefined : imageOf(report);
  const extras = releaseColumns.filter(({ title }) => !placed.has(title));
  return {
    name: `${name}.${namespace}`,
    phase: status?.phase ?? "no run yet",
    tone: status === undefined ? "" : toneOf(status.phase),
    message: said(status?.message ?? ""),
    asked: Object.entries(commands).map(([command, text]) => ({ command, text: said(text) || "no reason given" })),
    facts: [
      { title: "Image", value: image ?? "", code: true },
      { title: "Revision", value: status?.revision ?? "", code: true },
      { title: "Serves all users", value: status?.promotedRevision ?? "", code: true },
      { title: "Failed checks", value: status === undefined ? "" : String(status.failedChecks) },
      ...extras.map(({ label, valueOf }) => ({ title: label, value: valueOf(release) })),
      { title: "In this phase for", value: status === undefined ? "" : age(status.lastTransitionTime, nowMs) },
      { title: "Update by", value: report?.startedBy ?? "" },
    ].filter(({ value }) => value !== ""),
  };
}

function nowOf(status: ReleaseStatus | undefined) {
  const planned = status?.plannedWeight ?? 0;
  return {
    ...shareOf(status),
    plan: planned > 0 ? `of ${planned}% that this run may reach` : "no run under way",
    checks: (status?.checks ?? []).map((check) => ({
      ...check,
      confidence: check.confidence ?? "",
      percent: Math.min(100, Math.max(0, Number.parseFloat(check.confidence ?? "0") || 0)),
    })),
  };
}

function stepsFor({ name, namespace, status, commands }: ReleaseView) {
  const line = (verb: string): string => `apisix-canary ${verb} ${name} -n ${namespace}`;
  const gate = status?.phase === "Waiting" || status?.phase === "WaitingPromotion";
  return [
    { title: "Take the canary's traffic back and fail the update", line: `${line("abort")} --reason "why"` },
    commands.pause === undefined
      ? { title: "Hold its weight", line: line("pause") }
      : { title: "Go on after the pause", line: line("resume") },
    ...(gate ? [{ title: "Open the gate that it waits at", line: line("approve") }] : []),
  ];
}

function eventOf(event: EventView, nowMs: number) {
  const { type, message, count, lastTimestamp } = event;
  const times = (count ?? 1) > 1 ? ` (x${count})` : "";
  return {
    age: `${age(lastTimestamp, nowMs)}${times}`,
    type,
    message: said(message),
    kind: type === "Warning" ? "warning" : "",
  };
}
