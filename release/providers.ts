import * as pulumi from "@pulumi/pulumi";
import { createPorts } from "./adapters/index.js";
import { endWithTheEngine } from "./engine.js";
import { createGuardian, judge, needsJudgement, runAnalysis, runPreparation, runPromotion } from "./machine/index.js";
import type { Outcome, Ports } from "./machine/index.js";
import { check, release as schema } from "./settings/index.js";
import type { ReleaseSettings } from "./settings/index.js";

/** Marks a value the engine does not know yet. */
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Not part of what a release is: a change of these alone never is a reason to run. */
const notCompared = new Set(["__provider", "kubeconfig", "context", "outcome"]);
/** Not settings at all. */
const notSettings = new Set(["__provider", "outcome"]);

type Inputs = Readonly<Record<string, unknown>>;
type Run = (settings: ReleaseSettings, ports: Ports, signal: AbortSignal) => Promise<Outcome>;

const guardian = createGuardian();
const life = { watched: false };

/** Takes back what an earlier run left. */
export const preparation = part("preparation", runPreparation);
/** Judges the asked revision, when the cluster says that there is something to judge. */
export const analysis = part("analysis", runAnalysis, judgedAgain);
/** Finishes a promotion. */
export const promotion = part("promotion", runPromotion);

function part(name: string, run: Run, mustRun: (settings: ReleaseSettings) => Promise<boolean> = never) {
  return {
    check: (_olds: Inputs, news: Inputs) => Promise.resolve({ inputs: news, failures: failuresOf(news) }),
    diff: async (_id: string, olds: Inputs, news: Inputs) => ({
      changes: differ(olds, news) || (await mustRun(parse(news))),
    }),
    create: async (inputs: Inputs) => ({ id: idOf(name, inputs), outs: await perform(run, inputs) }),
    update: async (_id: string, _olds: Inputs, news: Inputs) => ({ outs: await perform(run, news) }),
  };
}

function watchTheEngine(): void {
  if (life.watched) return;
  life.watched = true;
  endWithTheEngine(guardian);
}

async function perform(run: Run, inputs: Inputs): Promise<Record<string, unknown>> {
  watchTheEngine();
  const settings = parse(inputs);
  const ports = portsOf(settings);
  const outcome = await guardian
    .watch(settings, ports, (signal) => run(settings, ports, signal))
    .catch((error: unknown) => {
      throw asOneLine(error);
    });
  return { ...withoutProvider(inputs), outcome: outcome.kind };
}

function portsOf(settings: ReleaseSettings): Ports {
  return { ...createPorts(settings, { log }), judge };
}

/** Passed, taken back and never promoted: asks the cluster. Where it can't be reached, the inputs alone decide. */
async function judgedAgain(settings: ReleaseSettings): Promise<boolean> {
  try {
    return await needsJudgement(settings, portsOf(settings), AbortSignal.timeout(5_000));
  } catch {
    return false;
  }
}

function never(): Promise<boolean> {
  return Promise.resolve(false);
}

function failuresOf(news: Inputs): { property: string; reason: string }[] {
  const checked = check(schema, settingsOf(news), (value) => value === unknown);
  return checked.kind === "invalid"
    ? checked.problems.map(({ path, message }) => ({ property: path, reason: message }))
    : [];
}

function parse(inputs: Inputs): ReleaseSettings {
  return schema.parse(settingsOf(inputs));
}

function settingsOf(inputs: Inputs): Inputs {
  return Object.fromEntries(Object.entries(inputs).filter(([key]) => !notSettings.has(key)));
}

function withoutProvider(inputs: Inputs): Inputs {
  return Object.fromEntries(Object.entries(inputs).filter(([key]) => key !== "__provider"));
}

function differ(olds: Inputs, news: Inputs): boolean {
  return comparable(olds) !== comparable(news);
}

function comparable(inputs: Inputs): string {
  const entries = Object.entries(inputs).filter(([key]) => !notCompared.has(key));
  return JSON.stringify(sorted(Object.fromEntries(entries)));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  );
}

function idOf(name: string, inputs: Inputs): string {
  return `${String(inputs["namespace"])}/${String(inputs["name"])}/${name}`;
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
