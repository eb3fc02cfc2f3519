import type { PartName } from "./performing.js";
import { check, release as schema } from "./settings/index.js";
import type { ReleaseSettings } from "./settings/index.js";

/** Marks a value the engine does not know yet. */
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

type Inputs = Readonly<Record<string, unknown>>;

/** Takes back what an earlier run left. */
export const preparation = part("preparation");
/** Judges the asked revision, when the cluster says that there is something to judge. */
export const analysis = part("analysis");
/** Finishes a promotion. */
export const promotion = part("promotion");

function part(name: PartName) {
  return {
    check: (_olds: Inputs, news: Inputs) => Promise.resolve({ inputs: news, failures: failuresOf(news) }),
    diff: async (_id: string, olds: Inputs, news: Inputs) => ({
      changes: differ(olds, news) || (name === "analysis" && (await judgedAgain(news))),
    }),
    create: async (inputs: Inputs) => ({ id: idOf(name, inputs), outs: await perform(name, inputs) }),
    update: async (_id: string, _olds: Inputs, news: Inputs) => ({ outs: await perform(name, news) }),
  };
}

async function perform(name: PartName, inputs: Inputs): Promise<Record<string, unknown>> {
  const performing = await import("./performing.js");
  const { kind } = await performing.perform(name, parse(inputs));
  return { ...withoutProvider(inputs), outcome: kind };
}

async function judgedAgain(inputs: Inputs): Promise<boolean> {
  const { judgedAgain: askCluster } = await import("./judged-again.js");
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
  return JSON.stringify(sorted(settings ?? null));
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

function idOf(part: PartName, inputs: Inputs): string {
  const { namespace, name } = parse(inputs);
  return `${namespace}/${name}/${part}`;
}
