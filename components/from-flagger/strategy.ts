import { Shape } from "./draft.js";
import type { Draft } from "./draft.js";
import { isText, Leaf } from "./reader.js";
import type { Reader } from "./reader.js";

/** The fields of `analysis` that say who gets to the canary, and when. */
export function strategyOf(analysis: Reader): Readonly<Record<string, Draft>> {
  const iterations = analysis.count("iterations");
  const match = analysis.items("match");
  const isMirrored = analysis.flag("mirror")?.value === true;
  const percent = analysis.count("mirrorWeight");
  const affinity = analysis.at("sessionAffinity");
  if (match.length > 0 && iterations === undefined) analysis.at("match")?.problem("needs iterations");
  return {
    ...(iterations === undefined ? weightsOf(analysis) : withoutWeights(analysis)),
    stepWeightPromotion: analysis.count("stepWeightPromotion"),
    iterations,
    match: match.length === 0 ? undefined : match.map(conditionsOf),
    mirror: isMirrored ? mirrorOf(analysis, percent) : undefined,
    sessionAffinity: affinity === undefined ? undefined : affinityOf(affinity),
  };
}

function weightsOf(analysis: Reader): Readonly<Record<string, Draft>> {
  const hasList = analysis.items("stepWeights").length > 0;
  if (hasList) analysis.at("maxWeight")?.leaveOut("is left out: the last of stepWeights is the largest, as in Flagger");
  return {
    maxWeight: hasList ? undefined : analysis.count("maxWeight"),
    stepWeight: analysis.count("stepWeight"),
    stepWeights: hasList ? analysis.at("stepWeights")?.leaf() : undefined,
  };
}

function withoutWeights(analysis: Reader): Readonly<Record<string, Draft>> {
  for (const key of ["maxWeight", "stepWeight", "stepWeights"])
    analysis.at(key)?.leaveOut("is left out: with iterations no weights are shifted, as in Flagger");
  return {};
}

/** One alternative of a match: all of its conditions together. */
function conditionsOf(entry: Reader): Draft {
  entry.takeAll("is a condition that can't be taken: without it other users would get to the canary");
  return new Shape(entry, { headers: conditions(entry, "headers"), query: conditions(entry, "queryParams") });
}

function conditions(entry: Reader, key: string): Draft {
  const found = entry.at(key)?.entries() ?? [];
  if (found.length === 0) return undefined;
  return Object.fromEntries(found.map(([name, each]) => [name, conditionOf(each)]));
}

function conditionOf(condition: Reader): Draft {
  const of = (key: string): Leaf<string> | undefined => condition.at(key)?.as("text", isText);
  const [exact, prefix, suffix, regex] = [of("exact"), of("prefix"), of("suffix"), of("regex")];
  const given = [exact, prefix, suffix, regex].filter((each) => each !== undefined);
  if (given.length > 1) return condition.problem("needs one of exact, prefix, suffix and regex");
  if (given.length === 0) return condition.isEmpty ? new Leaf({ present: true }, [condition]) : undefined;
  const ending = suffix?.map((value) => `${literalPattern(value)}$`);
  return new Shape(condition, { exact, prefix, regex: regex ?? ending });
}

/** A pattern that matches just this text. */
export function literalPattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}

function mirrorOf(analysis: Reader, percent: Leaf<number> | undefined): Draft {
  const mirror = analysis.flag("mirror");
  return percent === undefined ? mirror : new Shape(analysis, { percent: percent.with(mirror) });
}

function affinityOf(affinity: Reader): Draft {
  return new Shape(affinity, {
    cookieName: affinity.needText("cookieName"),
    maxAge: affinity.count("maxAge"),
    secure: affinity.flag("secure"),
    sameSite: affinity.text("sameSite"),
  });
}
