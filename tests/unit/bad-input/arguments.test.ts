import { expect } from "chai";
import { analysis, messageOf } from "./subject.js";
import { wrongCombinations } from "./wrong-combinations.js";
import { wrongNames, wrongTexts } from "./wrong-names.js";
import { wrongStrategies } from "./wrong-strategies.js";
import { wrongValues } from "./wrong-values.js";

const wrong = [...wrongValues, ...wrongCombinations, ...wrongStrategies, ...wrongTexts];

describe("wrong arguments of CanaryRelease", () => {
  it("are not what the tables begin with", () => expect(messageOf({})).to.equal("accepted"));

  for (const [name, message] of wrongNames)
    it(`refuses the name ${JSON.stringify(name.slice(0, 20))}`, () => {
      expect(messageOf({}, name)).to.equal(message);
    });

  for (const [title, change, message] of wrong)
    it(`refuses ${title}`, () => {
      expect(messageOf(change)).to.equal(message);
      expect(message).not.to.match(/[\r\n]/);
    });

  it("are at least 120", () => expect(wrong.length + wrongNames.length).to.be.at.least(120));

  it("are all told at once, in one line", () => {
    expect(messageOf({ replicas: 0, ...analysis({ threshold: 0, maxWeight: 300 }) })).to.equal(
      "replicas: must be at least 1; analysis.threshold: Too small: expected number to be >=1; analysis.maxWeight: must be 1 to 100",
    );
  });
});
