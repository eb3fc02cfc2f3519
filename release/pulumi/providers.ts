import { canonicalJson } from "../model/index.js";
import { check, release as schema } from "../settings/index.js";
import type { ReleaseSettings } from "../settings/index.js";
import type { StepName } from "./run-step.js";

/** Marks a value the engine does not know yet. */
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

type Inputs = Readonly<Record<string, unknown>>;

/** Retires what an earlier run left. */
export const preparation = step("preparation");
/** Judges the asked revision, when the cluster says that there is something to judge. */
export const analysis = step("analysis");
/** Finishes a promotion. */
export const promotion = step("promotion");

function step(name: StepName) {
  return {
    check: (_olds: Inputs, news: Inputs) => Promise.resolve({ inputs: news, failures: failuresOf(news) }),
    diff: async (_id: string, olds: Inputs, news: Inputs) => ({
      changes: differ(olds, news) || (name === "analysis" && (await needsAnalysis(news))),
    }),
    create: async (inputs: Inputs) => ({ id: idOf(name, inputs), outs: await perform(name, inputs) }),
    update: async (_id: string, _olds: Inputs, news: Inputs) => ({ outs: await perform(name, news) }),
  };
}

async function perform(name: StepName, inputs: Inputs): Promise<Record<string, unknown>> {
  const { runStep } = await import("./run-step.js");
  const { kind } = await runStep(name, parse(inputs));
  return { ...withoutProvider(inputs), outcome: kind };
}

async function needsAnalysis(inputs: Inputs): Promise<boolean> {
  const { needsAnalysis: askCluster } = await import("./needs-analysis.js");
  return askCluster(parse(inputs));
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

/** As the schema knows them: the login is among the settings there. */
function settingsOf({ settings, kubeconfig, context }: Inputs): unknown {
  const login = {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  };
  return typeof settings === "object" && settings !== null ? { ...settings, ...login } : settings;
}

function withoutProvider(inputs: Inputs): Inputs {
  return Object.fromEntries(Object.entries(inputs).filter(([key]) => key !== "__provider"));
}

function differ(olds: Inputs, news: Inputs): boolean {
  return comparable(olds) !== comparable(news);
}

/** The settings alone: another login, outcome or package version is never a reason to run. */
function comparable({ settings }: Inputs): string {
  return canonicalJson(settings ?? null);
}

function idOf(name: StepName, inputs: Inputs): string {
  const release = parse(inputs);
  return `${release.namespace}/${release.name}/${name}`;
}
