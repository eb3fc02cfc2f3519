import { expect } from "chai";
import { settle } from "../../../components/from-flagger/draft.js";
import { translate } from "../../../components/from-flagger/translate.js";
import { canary, metrics, refusal } from "./data.js";

function translated(analysis: string): ReturnType<typeof translate> {
  const text = canary({ analysis: `${metrics}\n${analysis}` });
  return translate(text, { secrets: () => undefined, withWorkload: false });
}

function analysisOf(analysis: string): Readonly<Record<string, unknown>> {
  const { draft, problems } = translated(analysis);
  expect(problems).to.deep.equal([]);
  const settled = settle(draft);
  expect(settled).to.have.property("analysis");
  const found: unknown = Reflect.get(Object(settled) as object, "analysis");
  return { ...(found as object) };
}

const asks: Readonly<Record<string, string>> = {
  "A/B testing": "iterations: 10\nmatch: [{ headers: { x-user: { exact: insider } } }]",
  "blue/green": "iterations: 10",
  mirroring: "mirror: true",
  "session affinity": "sessionAffinity: { cookieName: stage }",
};

describe("Flagger's strategies", () => {
  for (const [strategy, analysis] of Object.entries(asks)) {
    it(`${strategy}: taken`, () => {
      expect(refusal(canary({ analysis: `${metrics}\n${analysis}` }))).to.equal("taken");
    });
  }

  it("that a Canary switches off need nothing", () => {
    const off = "iterations: 0\nmatch: []\nmirror: false\nmirrorWeight: 0\nstepWeights: []";
    expect(refusal(canary({ analysis: `${metrics}\n${off}` }))).to.equal("taken");
    expect(translated(off).warnings).to.deep.equal([]);
  });
});

describe("Flagger's strategies, in our words", () => {
  it("A/B: conditions keep their names (queryParams are query), an end is a pattern, an empty one asks that it is there", () => {
    const match = `iterations: 10
match:
  - headers: { x-user: { exact: insider }, cookie: { regex: "^(.*?;)?(canary=always)(;.*)?$" } }
  - headers: { user-agent: { suffix: "(beta)" }, x-debug: {} }
    queryParams: { stage: { prefix: can } }`;
    expect(analysisOf(match)).to.deep.include({
      iterations: 10,
      match: [
        { headers: { "x-user": { exact: "insider" }, cookie: { regex: "^(.*?;)?(canary=always)(;.*)?$" } } },
        {
          headers: { "user-agent": { regex: "\\(beta\\)$" }, "x-debug": { present: true } },
          query: { stage: { prefix: "can" } },
        },
      ],
    });
  });

  it("A/B: what can't be matched is refused, for others would get to the canary", () => {
    const reason = "is a condition that can't be taken: without it other users would get to the canary";
    expect(translated("iterations: 1\nmatch: [{ sourceLabels: { app: shop } }]").problems).to.deep.equal([
      `Canary app (line 16): spec.analysis.match[0].sourceLabels: ${reason}`,
    ]);
    expect(translated("iterations: 1\nmatch: [{ headers: { a: { exact: b, prefix: c } } }]").problems[0]).to.contain(
      "spec.analysis.match[0].headers.a: needs one of exact, prefix, suffix and regex",
    );
    expect(translated("match: [{ headers: { a: { exact: b } } }]").problems).to.deep.equal([
      "Canary app (line 15): spec.analysis.match: needs iterations",
    ]);
  });

  it("blue/green: no weights are shifted, and what says some is named", () => {
    const { warnings } = translated("iterations: 10\nmaxWeight: 50");
    expect(analysisOf("iterations: 10")).to.not.have.property("stepWeight");
    expect(warnings).to.deep.equal([
      "spec.analysis.stepWeight is left out: with iterations no weights are shifted, as in Flagger",
      "spec.analysis.maxWeight is left out: with iterations no weights are shifted, as in Flagger",
    ]);
  });

  it("mirroring: of everything, or of a share", () => {
    expect(analysisOf("iterations: 10\nmirror: true")).to.deep.include({ mirror: true });
    expect(analysisOf("iterations: 10\nmirror: true\nmirrorWeight: 20")).to.deep.include({ mirror: { percent: 20 } });
    expect(translated("mirrorWeight: 20").warnings).to.deep.equal([
      "spec.analysis.mirrorWeight has no meaning here and is left out",
    ]);
  });

  it("session affinity: the cookie, and what of it has no argument is named", () => {
    const affinity =
      "sessionAffinity: { cookieName: stage, maxAge: 3600, secure: true, sameSite: Lax, domain: example.com }";
    expect(analysisOf(affinity)).to.deep.include({
      sessionAffinity: { cookieName: "stage", maxAge: 3600, secure: true, sameSite: "Lax" },
    });
    expect(translated(affinity).warnings).to.deep.equal([
      "spec.analysis.sessionAffinity.domain has no meaning here and is left out",
    ]);
  });

  it("weights: a list instead of steps, whose last one is the largest", () => {
    const text = canary({ analysis: `${metrics}\nstepWeights: [1, 5, 20]\nmaxWeight: 50` }).replace(
      "    stepWeight: 10\n",
      "",
    );
    const { draft, warnings } = translate(text, { secrets: () => undefined, withWorkload: false });
    expect(settle(draft)).to.have.nested.property("analysis.stepWeights").that.deep.equals([1, 5, 20]);
    expect(warnings).to.deep.equal([
      "spec.analysis.maxWeight is left out: the last of stepWeights is the largest, as in Flagger",
    ]);
  });
});
