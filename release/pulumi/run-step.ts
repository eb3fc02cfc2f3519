import * as pulumi from "@pulumi/pulumi";
import { createPorts } from "../adapters/index.js";
import { judge, runAnalysis, runPreparation, runPromotion, RunRegistry } from "../machine/index.js";
import type { Outcome, Ports } from "../machine/index.js";
import type { ReleaseSettings } from "../settings/index.js";
import { onEngineExit } from "./engine-exit.js";

export type StepName = "preparation" | "analysis" | "promotion";

const runs: Readonly<
  Record<StepName, (settings: ReleaseSettings, ports: Ports, signal: AbortSignal) => Promise<Outcome>>
> = { preparation: runPreparation, analysis: runAnalysis, promotion: runPromotion };

const registry = new RunRegistry();

/** Runs one part of a release to its end, which may take minutes. Throws an Error of one line. */
export async function runStep(name: StepName, settings: ReleaseSettings): Promise<Outcome> {
  onEngineExit(registry);
  const ports = { ...createPorts(settings, { log }), judge };
  return registry
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
