import type { Outcome, Scenario } from "./scenarios.js";

/** Settings that both sides get alike. */
export const terms = {
  intervalSeconds: 10,
  threshold: 10,
  maxWeight: 50,
  stepWeight: 10,
  progressDeadlineSeconds: 60,
  scrapeSeconds: 2,
} as const;

export interface Place {
  readonly namespace: string;
  readonly name: string;
  readonly host: string;
}

/** Flagger, or us: something that ships a revision behind the gateway. */
export interface Contender {
  readonly name: "ours" | "flagger";
  /** Pattern of the command line of the process that decides. */
  readonly process: RegExp;
  /** Deploys the first revision and waits until users reach it. */
  initialize(place: Place, scenario: Scenario): Promise<void>;
  /** Ships the new one and resolves when it is decided and at rest again; `held` when the time is up. */
  ship(place: Place, scenario: Scenario, signal: AbortSignal): Promise<Outcome>;
  remove(place: Place): Promise<void>;
}

/** The same pods for both: one programmable application. */
export function podTemplate(
  version: string,
  behaviour: Readonly<Record<string, string>>,
): {
  readonly containers: {
    name: string;
    image: string;
    ports: { name: string; containerPort: number }[];
    env: { name: string; value: string }[];
    readinessProbe: { httpGet: { path: string; port: number }; periodSeconds: number };
  }[];
  readonly terminationGracePeriodSeconds: number;
} {
  return {
    terminationGracePeriodSeconds: 10,
    containers: [
      {
        name: "app",
        image: `sandbox/faulty:${version}`,
        ports: [{ name: "http", containerPort: 9898 }],
        env: Object.entries(behaviour).map(([name, value]) => ({ name, value })),
        readinessProbe: { httpGet: { path: "/readyz", port: 9898 }, periodSeconds: 1 },
      },
    ],
  };
}

/** How both move users, where the scenario says nothing else. */
export const weights = { maxWeight: terms.maxWeight, stepWeight: terms.stepWeight } as const;

/** What both judge by. */
export const metrics = [
  { name: "request-success-rate" as const, thresholdRange: { min: 99 }, interval: "1m" },
  { name: "request-duration" as const, thresholdRange: { max: 500 }, interval: "30s" },
];
