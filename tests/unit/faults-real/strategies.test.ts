import { expect } from "chai";
import { strategyNamed, strategyNames } from "../../../bench/faults/real/strategies.js";
import { release } from "../../../release/settings/index.js";
import { isAtRest, planPromotion, planStages, splitText } from "../../../release/strategy/index.js";

describe("the strategies that are struck for real", () => {
  for (const name of strategyNames)
    it(`${name}: all that the plan and its promotion ask is expected, and nothing else is`, () => {
      const { members, analysis: own, planned } = strategyNamed(name);
      const asked = members.flatMap((member) => {
        const { analysis } = release.parse({
          ...{
            name: member,
            namespace: "test",
            revision: "r1",
            routeName: member,
            service: { name: member, port: 80 },
          },
          analysis: { interval: "1s", threshold: 5, minRequests: 3, ...own(member) },
          prometheusUrl: "http://prometheus:9090",
        });
        const splits = planStages(analysis).map(({ split }) => split);
        const last = splits.at(-1) ?? { base: 0 };
        return [...splits, ...planPromotion(last, analysis.stepWeightPromotion)];
      });
      const texts = asked.filter((split) => !isAtRest(split)).map(splitText);
      expect([...new Set(texts)]).to.have.members([...new Set(planned.map(splitText))]);
    });
});
