import type { AnalysisInput } from "../../components/index.js";

/** How users are moved: both sides' settings in the place of the weights, or why one side has nothing that could. */
export interface Strategy {
  readonly ours: Partial<AnalysisInput>;
  readonly flagger: { readonly analysis: Readonly<Record<string, unknown>> } | { readonly lacks: string };
}

/** Requests beside those of ordinary users, as many of them. */
export interface Besides {
  readonly headers: Readonly<Record<string, string>>;
  /** Else they are tests, whose failures are nobody's harm. */
  readonly areUsers: boolean;
}

/** How the new revision (and in one case the old one) behaves, what users do, and which outcomes are right. */
export interface Scenario {
  readonly name:
    | "healthy"
    | "fail-100"
    | "fail-25"
    | "fail-5"
    | "fail-2"
    | "latency-30"
    | "crash-loop"
    | "never-ready"
    | "sick-primary"
    | "bad-start"
    | "low-traffic"
    | "ab-fail-100"
    | "blue-green-fail-25"
    | "mirror-fail-100";
  readonly title: string;
  readonly requestsPerSecond: number;
  /** Environment of the programmable application: the canary's, and the primary's. */
  readonly canary: Readonly<Record<string, string>>;
  readonly primary: Readonly<Record<string, string>>;
  readonly right: readonly Outcome[];
  /** Default: growing weights. */
  readonly strategy?: Strategy;
  readonly besides?: Besides;
}

export type Outcome = "promoted" | "rolledBack" | "held";

/** The article's load: `hey -q 10 -c 2`. */
const articleLoad = 20;

const scenario = (
  name: Scenario["name"],
  title: string,
  canary: Scenario["canary"],
  right: Scenario["right"],
  rest: Partial<Pick<Scenario, "requestsPerSecond" | "primary" | "strategy" | "besides">> = {},
): Scenario => ({ name, title, canary, right, requestsPerSecond: articleLoad, primary: {}, ...rest });

const iterations = 5;
const insider = { "X-Insider": "yes" };
const preview = { name: "X-Preview", value: "app" } as const;

const abTesting: Strategy = {
  ours: { iterations, match: [{ headers: { "X-Insider": { exact: "yes" } } }] },
  flagger: { lacks: "no A/B on APISIX: every user is sent to the canary" },
};
const blueGreen: Strategy = {
  ours: { iterations, preview: { header: preview } },
  flagger: { analysis: { iterations } },
};
const mirrored: Strategy = {
  ours: { iterations, mirror: true },
  flagger: { lacks: "no mirroring on APISIX: its run never ends" },
};

export const scenarios: readonly Scenario[] = [
  scenario("healthy", "healthy", {}, ["promoted"]),
  scenario("fail-100", "canary answers 500 to 100%", { FAIL_PERCENT: "100" }, ["rolledBack"]),
  scenario("fail-25", "canary answers 500 to 25%", { FAIL_PERCENT: "25" }, ["rolledBack"]),
  scenario("fail-5", "canary answers 500 to 5%", { FAIL_PERCENT: "5" }, ["rolledBack"]),
  scenario("fail-2", "canary answers 500 to 2%, 200 requests/s", { FAIL_PERCENT: "2" }, ["rolledBack"], {
    requestsPerSecond: 200,
  }),
  scenario("latency-30", "30% of canary requests 1 s slow", { SLOW_PERCENT: "30", SLOW_MS: "1000" }, ["rolledBack"]),
  scenario("crash-loop", "canary crash-loops after 20 s", { CRASH_AFTER_SECONDS: "20" }, ["rolledBack"]),
  scenario("never-ready", "canary never gets ready", { NEVER_READY: "1" }, ["rolledBack"]),
  scenario("sick-primary", "sick primary (5%), healthy canary", {}, ["promoted"], { primary: { FAIL_PERCENT: "5" } }),
  scenario("bad-start", "canary bad for its first 5 s", { BAD_FIRST_SECONDS: "5" }, ["promoted", "rolledBack"]),
  scenario("low-traffic", "healthy, 2 requests/s", {}, ["promoted", "held"], { requestsPerSecond: 2 }),
  scenario("ab-fail-100", "A/B, canary answers 500 to 100%", { FAIL_PERCENT: "100" }, ["rolledBack"], {
    strategy: abTesting,
    besides: { headers: insider, areUsers: true },
  }),
  scenario("blue-green-fail-25", "blue/green, canary answers 500 to 25%", { FAIL_PERCENT: "25" }, ["rolledBack"], {
    strategy: blueGreen,
    besides: { headers: { [preview.name]: preview.value }, areUsers: false },
  }),
  scenario("mirror-fail-100", "mirrored, canary answers 500 to 100%", { FAIL_PERCENT: "100" }, ["rolledBack"], {
    strategy: mirrored,
  }),
];

/** Why Flagger does not take part; undefined where it does. */
export function flaggerLacks({ strategy }: Scenario): string | undefined {
  return strategy !== undefined && "lacks" in strategy.flagger ? strategy.flagger.lacks : undefined;
}
