import * as pulumi from "@pulumi/pulumi";
import { createPorts } from "./adapters/index.js";
import { saveFirst } from "./engine.js";
import { createGuardian, judge, runAnalysis, runPreparation, runPromotion } from "./machine/index.js";
import type { Outcome, Ports } from "./machine/index.js";
import type { ReleaseSettings } from "./settings/index.js";

export type PartName = "preparation" | "analysis" | "promotion";

const runs: Readonly<
  Record<PartName, (settings: ReleaseSettings, ports: Ports, signal: AbortSignal) => Promise<Outcome>>
> = { preparation: runPreparation, analysis: runAnalysis, promotion: runPromotion };

const guardian = createGuardian();

/** Runs one part of a release to its end, which may take minutes. Throws an Error of one line. */
export async function perform(name: PartName, settings: ReleaseSettings): Promise<Outcome> {
  saveFirst(guardian);
  const ports = { ...createPorts(settings, { log }), judge };
  return guardian
    .watch(settings, ports, (signal) => runs[name](settings, ports, signal))
    .catch((error: unknown) => {
      throw asOneLine(error);
    });
}

/** The engine shows message and, on one path, the stack: people get the sentence alone. */
function asOneLine(error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  const shown = new Error(message.replace(/\s*\n\s*/g, " "));
  shown.stack = shown.message;
  return shown;
}

function log(line: string, level: "info" | "warning" | "error"): void {
  // An error logged here would fail the update by itself: whether it fails is the run's decision.
  const write = level === "info" ? pulumi.log.info : pulumi.log.warn;
  write(line).catch(() => console.error(line));
}
