import { createAdoptionPort } from "../../adapters/adoption.js";
import { createPorts } from "../../adapters/index.js";
import { judge, runAdoption, runHandBack, runRemoval } from "../../machine/index.js";
import type { AdoptionPorts } from "../../machine/index.js";
import type { AdoptionSettings, ReleaseSettings } from "../../settings/index.js";
import { asOneLine } from "../one-line.js";
import { log, registry } from "../run-step.js";
import { onEngineExit } from "../engine-exit.js";

export type Part = "adopt" | "handBack" | "remove";

/** Runs one part of a takeover to its end, which may take minutes. Throws an Error of one line. */
export async function perform(part: Part, settings: ReleaseSettings, adoption: AdoptionSettings): Promise<void> {
  onEngineExit(registry);
  const ports = { ...createPorts(settings, { log }), judge, adoption: createAdoptionPort(settings, adoption) };
  try {
    await registry.watch(settings, ports, (signal) => partOf(part, settings, ports, adoption, signal));
  } catch (error) {
    throw asOneLine(error);
  } finally {
    await ports.reporter.flush(2_000);
  }
}

async function partOf(
  part: Part,
  settings: ReleaseSettings,
  ports: AdoptionPorts,
  { from }: AdoptionSettings,
  signal: AbortSignal,
): Promise<{ readonly kind: string }> {
  switch (part) {
    case "adopt":
      return runAdoption(settings, ports, from === "flagger" ? "flagger" : "deployment", signal);
    case "handBack":
      await runHandBack(settings, ports, signal);
      return { kind: "givenBack" };
    case "remove":
      await runRemoval(settings, ports, signal);
      return { kind: "removed" };
  }
}
