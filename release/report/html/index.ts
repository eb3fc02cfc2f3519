import { Eta } from "eta";
import type { Report } from "../document.js";
import { style } from "./style.js";
import { templates } from "./templates.js";
import { viewOf } from "./view.js";

export { style } from "./style.js";

const eta = new Eta({ autoEscape: true });
for (const [name, text] of Object.entries(templates)) eta.loadTemplate(`@${name}`, text);

/** The report as one self-contained page: no script, nothing to load. Everything that others wrote is escaped. */
export function htmlOf(report: Report): string {
  return eta.render("@page", { ...viewOf(report), style });
}

/** The parts of that page, for a page that shows more than one report: `""` where there is nothing to show. */
export function sectionsOf(report: Report): Readonly<Record<"charts" | "decisions" | "commands" | "said", string>> {
  const view = viewOf(report);
  const section = (name: keyof typeof templates, list: readonly unknown[]): string =>
    list.length === 0 ? "" : eta.render(`@${name}`, view);
  return {
    charts: section("charts", view.charts),
    decisions: section("decisions", view.stages),
    commands: section("commands", view.commands),
    said: section("said", view.announcements),
  };
}
