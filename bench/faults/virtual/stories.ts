import { healthy, settingsFor } from "../../../fakes/index.js";
import type { World } from "../../../fakes/index.js";
import type { AnalysisInput, ReleaseSettings } from "../../../release/settings/index.js";
import { highestOf, planStages } from "../../../release/strategy/index.js";
import type { Split } from "../../../release/strategy/index.js";
import { ownAnalyses } from "./analyses.js";
import { baseline } from "./baseline-stories.js";

/** A whole run that is struck: what it ships, how users are moved, and how that behaves. */
export interface Story {
  readonly name: string;
  /** The revision that is shipped while the fault strikes. */
  readonly revision: string;
  /** How it would end without any fault. */
  readonly ends: "promoted" | "rolledBack";
  /** No user may ever be sent to the revision: it fails what comes before them. */
  readonly withoutUsers?: true;
  /** It moves users by weights alone: what it walks, all others walk too. */
  readonly isClassic?: true;
  readonly analysis: Partial<AnalysisInput>;
  /** Of a train: what its second member's analysis has otherwise. */
  readonly fellow?: Partial<AnalysisInput>;
  /** Of the last member's world. */
  behave(world: World): void;
}

/** Two steps up, two steps down. */
const weights: Partial<AnalysisInput> = { stepWeight: 20, maxWeight: 40, stepWeightPromotion: 20 };
const steps: Partial<AnalysisInput> = {
  steps: [{ weight: 0.5 }, { weight: 20, for: "8s", replicas: 2 }, { pause: "4s" }, { weight: 40 }],
};
const abTesting: Partial<AnalysisInput> = { match: [{ headers: { "x-canary": { exact: "yes" } } }], iterations: 2 };
const blueGreen: Partial<AnalysisInput> = {
  iterations: 2,
  preview: { path: "/preview" },
  scaleDownDelay: "4s",
  stepWeightsPromotion: [50],
};
const mirror: Partial<AnalysisInput> = { iterations: 2, mirror: true };
/** The second member passes a step later. */
const train: Partial<AnalysisInput> = { ...weights, stepWeight: 40 };
const fellow: Partial<AnalysisInput> = { stepWeight: 20 };
const affinity: Partial<AnalysisInput> = { ...weights, sessionAffinity: { cookieName: "canary" } };

const promotes = (name: string, analysis: Partial<AnalysisInput>): Story => ({
  name,
  revision: "r2",
  ends: "promoted",
  analysis,
  behave: () => undefined,
});

const rollsBack = (name: string, analysis: Partial<AnalysisInput>): Story => ({
  name,
  revision: "r2",
  ends: "rolledBack",
  analysis,
  behave: (world) => (world.behaviour = { ...world.behaviour, canary: { ...healthy, failingShare: 0.3 } }),
});

export const stories: readonly Story[] = [
  { ...promotes("promote", weights), isClassic: true },
  { ...rollsBack("rollback", weights), isClassic: true },
  promotes("steps-promote", steps),
  promotes("ab-promote", abTesting),
  rollsBack("ab-rollback", { ...abTesting, abortScaleDownDelay: "8s" }),
  promotes("blue-green-promote", blueGreen),
  { ...rollsBack("blue-green-rollback", blueGreen), withoutUsers: true },
  promotes("mirror-promote", mirror),
  { ...rollsBack("mirror-rollback", mirror), withoutUsers: true },
  promotes("affinity-promote", affinity),
  rollsBack("affinity-rollback", affinity),
  promotes("analyses-promote", ownAnalyses),
  { ...promotes("train-promote", train), fellow },
  { ...rollsBack("train-rollback", train), fellow },
  promotes("baseline-promote", baseline),
  rollsBack("baseline-rollback", baseline),
];

/** Short enough that a case takes a minute of virtual time. */
export const handoverSeconds = 30;

/** Names of a story's releases; the first is struck. */
export function membersOf({ fellow: other }: Pick<Story, "fellow">): readonly string[] {
  return other === undefined ? ["podinfo"] : ["podinfo", "fellow"];
}

/** A load test and a gate beside what the story moves users by. */
export function settingsOf(
  story: Pick<Story, "analysis" | "fellow">,
  revision: string,
  name = "podinfo",
): ReleaseSettings {
  const members = membersOf(story);
  const releases = members.map((each) => ({ namespace: "test", name: each, revision }));
  const own = name === members[0] ? {} : story.fellow;
  const train = { name: "shop", order: "together" as const, releases };
  return settingsFor(
    revision,
    {
      interval: "4s",
      threshold: 2,
      ...story.analysis,
      ...own,
      webhooks: [
        { name: "load-test", url: "http://loadtester/", timeout: "5s" },
        { name: "gate", type: "confirm-promotion", url: "http://loadtester/gate", timeout: "5s" },
      ],
    },
    { handover: handoverSeconds, deadline: "10m", name, ...(members.length > 1 ? { train } : {}) },
  );
}

/** What nothing of a story may ever be above. */
export function highestIn(story: Story): Split {
  return highestOf(planStages(settingsOf(story, story.revision).analysis));
}
