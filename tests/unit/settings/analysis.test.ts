import { expect } from "chai";
import { analysis, check, inOneLine } from "../../../release/settings/index.js";
import { planStages } from "../../../release/strategy/index.js";

const base = { stepWeight: 10 };
const successRate = { name: "request-success-rate", thresholdRange: { min: 99 } };
const query = { provider: { type: "prometheus" }, query: "up" };

function problem(input: object): string {
  const checked = check(analysis, input);
  return checked.kind === "invalid" ? inOneLine(checked.problems) : checked.kind;
}

function metricProblem(metric: object): string {
  return problem({ ...base, metrics: [metric] });
}

describe("settings of the analysis", () => {
  it("have Flagger's defaults, and our own", () => {
    const settings = analysis.parse(base);
    expect(settings).deep.include({
      interval: 60,
      threshold: 1,
      maxWeight: 100,
      stepWeightPromotion: 0,
      confidence: 0.999,
      minRequests: 10,
      promoteWithConfidence: false,
      initialDelay: 0,
      inconclusiveLimit: 10,
      consecutiveErrorLimit: 10,
    });
    expect(settings.metrics.map(({ name, thresholdRange }) => [name, thresholdRange])).deep.equal([
      ["request-success-rate", { min: 99 }],
      ["request-duration", { max: 500 }],
    ]);
    expect(settings.metrics[0]).deep.include({ dryRun: false, critical: false, onNoData: "hold", onError: "hold" });
  });

  it("read the article's analysis", () => {
    const { interval, metrics } = analysis.parse({
      interval: "10s",
      threshold: 10,
      maxWeight: 50,
      stepWeight: 10,
      metrics: [
        { name: "request-success-rate", thresholdRange: { min: 99 }, interval: "1m" },
        { name: "404s percentage", template: query, thresholdRange: { max: 5 }, interval: "1m30s" },
      ],
    });
    expect([interval, ...metrics.map((each) => each.interval)]).deep.equal([10, 60, 90]);
  });

  it("write the defaults of the metrics out as if a user had given them", () => {
    const { metrics } = analysis.parse(base);
    const given = analysis.parse({
      ...base,
      metrics: [
        { name: "request-success-rate", thresholdRange: { min: 99 }, interval: "1m" },
        { name: "request-duration", thresholdRange: { max: 500 }, interval: "30s" },
      ],
    });
    expect(metrics).deep.equal(given.metrics);
  });

  const wrong: readonly (readonly [input: object, message: string])[] = [
    [{}, "stepWeight: needs stepWeight or stepWeights"],
    [{ stepWeight: 10, stepWeights: [10] }, "stepWeights: give stepWeight or stepWeights, not both"],
    [{ stepWeight: 60, maxWeight: 50 }, "stepWeight: must not be above maxWeight 50"],
    [{ stepWeight: 0 }, "stepWeight: must be 1 to 100"],
    [{ stepWeight: 1.5 }, "stepWeight: must be a whole number"],
    [{ stepWeights: [10, 10] }, "stepWeights: must ascend"],
    [{ stepWeights: [20, 10] }, "stepWeights: must ascend"],
    [{ ...base, interval: "soon" }, 'interval: not a duration: "soon"; write it like "10s" or "1m30s"'],
    [{ ...base, interval: "0.5s" }, "interval: must be at least 1s"],
    [{ ...base, interval: "5s", checkInterval: "6s" }, "checkInterval: must not be longer than interval"],
    [{ ...base, intervall: "5s" }, 'intervall: is not a known setting: did you mean "interval"?'],
    [{ ...base, metrics: [] }, "metrics: needs at least one metric"],
    [{ ...base, metrics: [successRate, successRate] }, "metrics[1].name: request-success-rate is there twice"],
  ];
  for (const [input, message] of wrong)
    it(`say what is wrong with ${JSON.stringify(input)}`, () => {
      expect(problem(input)).equal(message);
    });

  const metrics = [successRate];
  const orders = { name: "orders", thresholdRange: { max: 1 }, template: { ...query, query: "orders" } };
  const wrongAnalyses: readonly (readonly [input: object, message: string])[] = [
    [{ ...base, prePromotion: {} }, "prePromotion.metrics: is missing (needs a array)"],
    [{ ...base, prePromotion: { metrics: [] } }, "prePromotion.metrics: needs at least one metric"],
    [
      { ...base, prePromotion: { metrics, for: "5m", iterations: 2 } },
      "prePromotion.iterations: give for or iterations, not both",
    ],
    [{ ...base, postPromotion: { metrics, interval: "0.1s" } }, "postPromotion.interval: must be at least 1s"],
    [
      { ...base, postPromotion: { metrics: [{ name: "request-success-rate", compare: { maxIncrease: 1 } }] } },
      "postPromotion.metrics[0].thresholdRange: is missing: no user has the earlier revision by then, so there is nothing to compare with",
    ],
    [
      { iterations: 2, prePromotion: { metrics: [orders, successRate] } },
      "prePromotion.metrics[1].name: request-success-rate counts requests, and none reaches the canary before users are moved: give preview or mirror, or judge it in postPromotion",
    ],
    [{ stepWeights: [10, 50], background: [{ metrics, from: 3 }] }, "background[0].from: the plan has 2 stages"],
    [
      {
        ...base,
        background: [
          { name: "a", metrics },
          { name: "a", metrics },
        ],
      },
      "background[1].name: a is there twice",
    ],
    [
      { ...base, background: [{ metrics, fore: "5m" }] },
      'background[0].fore: is not a known setting: did you mean "for"?',
    ],
    [
      {
        ...base,
        metrics: [orders],
        background: [{ metrics: [{ ...orders, template: { ...query, query: "others" } }] }],
      },
      "background[0].metrics[0].name: orders is measured otherwise elsewhere: give it another name",
    ],
  ];
  for (const [input, message] of wrongAnalyses)
    it(`say what is wrong with the analysis ${JSON.stringify(input)}`, () => {
      expect(problem(input)).equal(message);
    });

  it("know how many stages a plan has, whatever it is of", () => {
    const plans: readonly object[] = [
      { stepWeight: 30, maxWeight: 100 },
      { stepWeights: [1, 5], mirror: true },
      { steps: [{ weight: 1 }, { pause: "1m" }, { weight: 9 }] },
      { match: [{ headers: { a: { exact: "b" } } }], iterations: 2 },
      { iterations: 2, preview: { path: "/preview" } },
    ];
    const awaited = { prePromotion: { metrics }, postPromotion: { metrics } };
    for (const plan of plans.flatMap((each) => [each, { ...each, ...awaited }])) {
      const stages = planStages(analysis.parse(plan)).length;
      expect(problem({ ...plan, background: [{ metrics, from: stages }] })).equal("valid");
      expect(problem({ ...plan, background: [{ metrics, from: stages + 1 }] })).contain(`the plan has ${stages} stage`);
    }
  });

  const wrongMetrics: readonly (readonly [metric: object, message: string])[] = [
    [
      { name: "request-sucess-rate", thresholdRange: { min: 99 } },
      "metrics[0].template: is missing: without one, name must be request-success-rate or request-duration",
    ],
    [{ name: "request-success-rate" }, "metrics[0].thresholdRange: needs a thresholdRange (or compare)"],
    [{ ...successRate, thresholdRange: {} }, "metrics[0].thresholdRange: needs min or max"],
    [{ ...successRate, thresholdRange: { min: 3, max: 2 } }, "metrics[0].thresholdRange: min must not be above max"],
    [{ ...successRate, thresholdRange: { min: 101 } }, "metrics[0].thresholdRange.min: must be 0 to 100 percent"],
    [{ ...successRate, thresholdRange: { min: -1 } }, "metrics[0].thresholdRange.min: must be 0 to 100 percent"],
    [{ name: "request-duration", thresholdRange: { max: 0 } }, "metrics[0].thresholdRange.max: must be above 0 ms"],
    [{ ...successRate, compare: { maxIncrease: 101 } }, "metrics[0].compare.maxIncrease: must be 0 to 100"],
    [
      { name: "queue", template: query, thresholdRange: { max: 1 }, compare: { maxIncrease: 1 } },
      "metrics[0].compare: is for the built-in metrics: a custom query names {{ primaryNodes }} itself",
    ],
    [
      { name: "queue", template: { ...query, query: " " }, thresholdRange: { max: 1 } },
      "metrics[0].template.query: a prometheus template needs a query",
    ],
    [
      { ...successRate, onNoData: "wait" },
      'metrics[0].onNoData: Invalid option: expected one of "hold"|"fail"|"ignore"',
    ],
  ];
  for (const [metric, message] of wrongMetrics)
    it(`say what is wrong with the metric ${JSON.stringify(metric)}`, () => {
      expect(metricProblem(metric)).equal(message);
    });

  it("refuse what is no finite number", () => {
    for (const min of [NaN, Infinity, "99"])
      expect(metricProblem({ ...successRate, thresholdRange: { min } })).match(/^metrics\[0\]\.thresholdRange\.min: /);
  });

  it("don't hold values against the user that are not known yet", () => {
    const unknown = Symbol("unknown");
    const isUnknown = (value: unknown): boolean => value === unknown;
    expect(check(analysis, { ...base, interval: unknown }, isUnknown).kind).equal("incomplete");
    expect(check(analysis, { stepWeight: 0, interval: unknown }, isUnknown).kind).equal("invalid");
  });
});
