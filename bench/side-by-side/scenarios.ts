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
    | "low-traffic";
  readonly title: string;
  readonly requestsPerSecond: number;
  /** Environment of the programmable application: the canary's, and the primary's. */
  readonly canary: Readonly<Record<string, string>>;
  readonly primary: Readonly<Record<string, string>>;
  readonly right: readonly Outcome[];
}

export type Outcome = "promoted" | "rolledBack" | "held";

/** The article's load: `hey -q 10 -c 2`. */
const articleLoad = 20;

const scenario = (
  name: Scenario["name"],
  title: string,
  canary: Scenario["canary"],
  right: Scenario["right"],
  rest: Partial<Pick<Scenario, "requestsPerSecond" | "primary">> = {},
): Scenario => ({ name, title, canary, right, requestsPerSecond: articleLoad, primary: {}, ...rest });

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
];
