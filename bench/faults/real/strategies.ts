import type { AnalysisInput } from "../../../release/settings/index.js";
import type { Split } from "../../../release/strategy/index.js";
import { stepWeightPromotion, stepWeights } from "./points.js";
import type { Point } from "./points.js";

/** How users are moved: `weights` is the classic, struck by everything; the others by the faults below. */
export const strategyNames = ["weights", "steps", "ab", "blue-green", "mirror", "affinity", "train"] as const;
export type StrategyName = (typeof strategyNames)[number];

/** What strikes the strategies: their processes, their machine, the ingress controller, the gateways. */
export const strategyFaults = [
  "kill-engine-and-provider",
  "machine-killed",
  "ingress-controller-restarted",
  "gateway-pod-deleted",
] as const;
type StrategyFault = (typeof strategyFaults)[number];

/** People, or tests, who come in the same way. */
export interface Crowd {
  readonly who: string;
  /** `people` come again with the cookies they were given; `tests` are no users: their failures are nobody's harm. */
  readonly kind: "users" | "people" | "tests";
  readonly headers?: Readonly<Record<string, string>>;
  /** False: a connection for each request. Default true. */
  readonly keepAlive?: boolean;
  /** Whether a canary is theirs before it is promoted: any one, one that has passed its tests, or none. */
  readonly meets: "any" | "passed" | "none";
}

type Outcome = "healthy" | "failing";

/** Where a fault strikes a story by default. */
type Strike = readonly [fault: StrategyFault, point: Point, outcome: Outcome];

export interface Strategy {
  /** Names of its releases, of which the last fails where a revision does; several are a train. */
  readonly members: readonly string[];
  /** What of `analysis` is the strategy's own, of a member. */
  readonly analysis: (member: string) => Partial<AnalysisInput>;
  /** Everything that a run may ask of the gateway, but for what it asks at rest. */
  readonly planned: readonly Split[];
  readonly crowds: readonly Crowd[];
  /** Where it can be struck, with a healthy revision and with a failing one. */
  readonly points: Readonly<Record<Outcome, readonly Point[]>>;
  /** Where it is struck unless every point is asked for; none: by every fault's own plan. */
  readonly usual: readonly Strike[];
}

const everybody: readonly Crowd[] = [true, false].map((keepAlive) => ({
  ...{ who: keepAlive ? "users" : "users without kept connections", kind: "users", meets: "any", keepAlive },
}));

const iterations = 3;
const insider = { "X-Insider": "yes" };
const preview = { name: "X-Preview", value: "next" };
const way = [...stepWeights, stepWeightPromotion];

/** The first member has passed some seconds before the second. */
const trainWeights: Readonly<Record<string, readonly number[]>> = { app: [50], web: [20, 35, 50] };

const weights: Strategy = {
  members: ["app"],
  analysis: () => ({ stepWeights: [...stepWeights], maxWeight: Math.max(...stepWeights), stepWeightPromotion }),
  planned: way.map((base) => ({ base })),
  crowds: everybody,
  points: { healthy: [], failing: [] },
  usual: [],
};

const steps: Strategy = {
  ...weights,
  analysis: () => ({
    steps: [{ weight: 10, for: "2s" }, { weight: 20, replicas: 2 }, { pause: "3s" }, { weight: 50 }],
    stepWeightPromotion,
  }),
  planned: [10, ...way].map((base) => ({ base })),
  points: {
    healthy: ["first-step", "pausing", "last-step", "promoting"],
    failing: ["first-step", "taking-back"],
  },
  usual: [
    ["kill-engine-and-provider", "pausing", "healthy"],
    ["machine-killed", "first-step", "failing"],
    ["ingress-controller-restarted", "pausing", "healthy"],
    ["gateway-pod-deleted", "last-step", "healthy"],
  ],
};

const ab: Strategy = {
  members: ["app"],
  analysis: () => ({ iterations, match: [{ headers: { "X-Insider": { exact: "yes" } } }] }),
  planned: [{ base: 0, matched: 100 }],
  crowds: [
    { who: "insiders", kind: "users", headers: insider, meets: "any" },
    { who: "everybody else", kind: "users", keepAlive: false, meets: "none" },
  ],
  points: {
    healthy: ["first-step", "waiting-promotion", "promoting"],
    failing: ["first-step", "taking-back"],
  },
  usual: [
    ["kill-engine-and-provider", "first-step", "healthy"],
    ["machine-killed", "first-step", "failing"],
    ["ingress-controller-restarted", "first-step", "healthy"],
    ["gateway-pod-deleted", "first-step", "healthy"],
  ],
};

const blueGreen: Strategy = {
  members: ["app"],
  analysis: () => ({ iterations, preview: { header: preview }, stepWeightPromotion: 50 }),
  planned: [{ base: 0, preview: 100 }, { base: 100 }, { base: 50 }],
  crowds: [
    { who: "users", kind: "users", keepAlive: false, meets: "passed" },
    { who: "testers", kind: "tests", headers: { [preview.name]: preview.value }, meets: "any" },
  ],
  points: {
    healthy: ["previewing", "all-users", "promoting"],
    failing: ["previewing", "taking-back"],
  },
  usual: [
    ["kill-engine-and-provider", "all-users", "healthy"],
    ["machine-killed", "previewing", "failing"],
    ["ingress-controller-restarted", "previewing", "healthy"],
    ["gateway-pod-deleted", "all-users", "healthy"],
  ],
};

const mirror: Strategy = {
  members: ["app"],
  analysis: () => ({ iterations, mirror: { percent: 50 } }),
  planned: [{ base: 0, mirrorPercent: 50 }, { base: 100 }],
  crowds: everybody.map((each) => ({ ...each, meets: "passed" })),
  points: {
    healthy: ["mirroring", "all-users", "promoting"],
    failing: ["mirroring", "taking-back"],
  },
  usual: [
    ["kill-engine-and-provider", "mirroring", "healthy"],
    ["machine-killed", "mirroring", "failing"],
    ["ingress-controller-restarted", "all-users", "healthy"],
    ["gateway-pod-deleted", "mirroring", "healthy"],
  ],
};

const affinity: Strategy = {
  ...weights,
  analysis: () => ({ stepWeights: [...stepWeights], stepWeightPromotion, sessionAffinity: { cookieName: "canary" } }),
  planned: way.map((bucketsPercent) => ({ base: 0, bucketsPercent })),
  crowds: [
    { who: "people with cookies", kind: "people", meets: "any" },
    { who: "people without cookies", kind: "users", keepAlive: false, meets: "none" },
  ],
  points: {
    healthy: ["first-step", "last-step", "promoting"],
    failing: ["first-step", "taking-back"],
  },
  usual: [
    ["kill-engine-and-provider", "last-step", "healthy"],
    ["machine-killed", "first-step", "failing"],
    ["ingress-controller-restarted", "first-step", "healthy"],
    ["gateway-pod-deleted", "last-step", "healthy"],
  ],
};

const train: Strategy = {
  ...weights,
  members: Object.keys(trainWeights),
  analysis: (member) => ({ stepWeights: [...(trainWeights[member] ?? [])], stepWeightPromotion }),
  planned: [20, 35, 50, stepWeightPromotion].map((base) => ({ base })),
  points: {
    healthy: ["first-step", "waiting-promotion", "promoting"],
    failing: ["first-step", "taking-back"],
  },
  usual: [
    ["kill-engine-and-provider", "waiting-promotion", "healthy"],
    ["machine-killed", "first-step", "failing"],
    ["ingress-controller-restarted", "waiting-promotion", "healthy"],
    ["gateway-pod-deleted", "first-step", "failing"],
  ],
};

const strategies: Readonly<Record<StrategyName, Strategy>> = {
  weights,
  steps,
  ab,
  "blue-green": blueGreen,
  mirror,
  affinity,
  train,
};

export function strategyNamed(name: StrategyName): Strategy {
  return strategies[name];
}

/** The first member has the lane's own host. */
export function hostOf(laneHost: string, { members }: Strategy, member: string): string {
  return member === members[0] ? laneHost : `${member}.${laneHost}`;
}

/** As the virtual part names its stories. */
export function storyNameOf(name: StrategyName, failing: boolean): string {
  if (name === "weights") return failing ? "rollback" : "promote";
  return `${name}-${failing ? "rollback" : "promote"}`;
}
