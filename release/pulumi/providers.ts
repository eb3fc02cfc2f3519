import { canonicalJson } from "../model/index.js";
import { check, release as schema } from "../settings/index.js";
import type { ReleaseSettings } from "../settings/index.js";
import { asOneLine } from "./one-line.js";
import type { StepName } from "./run-step.js";
import { knownClusterIn, knownTrainIn } from "./cluster.js";
import { isUnknown, settingsIn } from "./values.js";
import type { Inputs } from "./values.js";

/** Retires what an earlier run left. */
export const preparation = step("preparation");
/** Judges the asked revision, when the cluster says that there is something to judge. */
export const analysis = step("analysis");
/**
 * Finishes a promotion. The first of a release's resources that Pulumi deletes: it looks whether what will be deleted
 * after it is the release's own.
 */
export const promotion = {
  ...step("promotion"),
  delete: async (_id: string, inputs: Inputs) => {
    const { beforeRemoval } = await import("./remove.js");
    const parsed = schema.safeParse(settingsOf(inputs));
    // What another version of this package has stored is no reason to keep it for ever.
    if (!parsed.success) return;
    await beforeRemoval(parsed.data).catch((error: unknown) => {
      throw asOneLine(error);
    });
  },
};

function step(name: StepName) {
  return {
    check: (_olds: Inputs, news: Inputs) => Promise.resolve({ inputs: news, failures: failuresOf(news) }),
    diff: async (_id: string, olds: Inputs, news: Inputs) => ({
      changes:
        differ(olds, news) || lacksOutput(name, olds) || (name !== "preparation" && (await needsRun(name, news))),
    }),
    create: async (inputs: Inputs) => ({ id: idOf(name, inputs), outs: await perform(name, inputs) }),
    update: async (_id: string, _olds: Inputs, news: Inputs) => ({ outs: await perform(name, news) }),
  };
}

async function perform(name: StepName, inputs: Inputs): Promise<Record<string, unknown>> {
  const { runStep } = await import("./run-step.js");
  const { forgetWhatWasRead } = await import("./needs-analysis.js");
  const outcome = await runStep(name, parse(inputs)).finally(forgetWhatWasRead);
  const promoted = "promoted" in outcome ? { promoted: outcome.promoted } : {};
  return { ...withoutProvider(inputs), outcome: outcome.kind, ...promoted };
}

/** A promotion of an earlier version did not say what it had promoted: it runs once more, and finds that out. */
function lacksOutput(name: StepName, olds: Inputs): boolean {
  return name === "promotion" && olds["promoted"] === undefined;
}

async function needsRun(name: "analysis" | "promotion", inputs: Inputs): Promise<boolean> {
  const { needsRun: askCluster } = await import("./needs-analysis.js");
  return askCluster(name, parse(inputs));
}

function failuresOf(news: Inputs): { property: string; reason: string }[] {
  const checked = check(schema, settingsOf(news), isUnknown);
  return checked.kind === "invalid"
    ? checked.problems.map(({ path, message }) => ({ property: path, reason: message }))
    : [];
}

function parse(inputs: Inputs): ReleaseSettings {
  return schema.parse(settingsOf(inputs));
}

/** As the schema knows them. */
function settingsOf(inputs: Inputs): unknown {
  const settings = settingsIn(inputs);
  return typeof settings === "object" && settings !== null
    ? { ...settings, ...knownClusterIn(inputs), ...knownTrainIn(inputs) }
    : settings;
}

function withoutProvider(inputs: Inputs): Inputs {
  return Object.fromEntries(Object.entries(inputs).filter(([key]) => key !== "__provider"));
}

function differ(olds: Inputs, news: Inputs): boolean {
  return comparable(olds) !== comparable(news);
}

/** The settings alone: another login, outcome or package version is never a reason to run. */
function comparable(inputs: Inputs): string {
  return canonicalJson(settingsIn(inputs) ?? null);
}

function idOf(name: StepName, inputs: Inputs): string {
  const release = parse(inputs);
  return `${release.namespace}/${release.name}/${name}`;
}
