import type { Assessment } from "../analysis/contract.js";
import type { CheckStatus } from "../model/index.js";
import type { Stage } from "../strategy/index.js";
import { Backgrounds } from "./background.js";
import type { Objection } from "./background.js";
import { AbortRun } from "./failure.js";
import { checksOf, Judging, readMetrics } from "./judging.js";
import type { Step } from "./judging.js";
import type { Run } from "./run.js";
import type { Undecided } from "./undecided.js";

/** All that judges a stage: the analysis of its part of the plan, and those in the background, by the same reading. */
export class StageJudging {
  /** None where no request of the gateway's is judged. */
  private own: Judging | undefined;
  private part = -1;
  private readonly backgrounds: Backgrounds;

  constructor(
    private readonly run: Run,
    private readonly undecided: Undecided,
  ) {
    this.backgrounds = new Backgrounds(run);
  }

  /** The plan has come to this stage, from 1; names of the analyses in the background that run from now on. */
  reach(stage: number): readonly string[] {
    this.backgrounds.reach(stage);
    return this.backgrounds.names;
  }

  /** Another part of the plan is an analysis of its own. */
  judgeAs({ judged, name }: Stage, part: number): void {
    if (part === this.part) return;
    this.part = part;
    this.own = judged === "nobody" && name === undefined ? undefined : new Judging(this.run, "canary", part);
  }

  /** What the stage's own says. Throws AbortRun where one in the background ends the run. */
  async check(step: Step, intervalEnds: boolean): Promise<Assessment> {
    const { run, own, backgrounds } = this;
    if (own === undefined && backgrounds.names.length === 0) return nothingJudged;
    const reading = await readMetrics(run, step.subject.nodes, step.baseline.nodes);
    const assessment = (await own?.check(step, intervalEnds, reading)) ?? nothingJudged;
    const objection = await backgrounds.look(step, reading);
    if (objection !== undefined) this.heed(objection);
    return assessment;
  }

  /** For the status: of all of them. */
  checksOf(assessment: Assessment): readonly CheckStatus[] {
    return [...checksOf(assessment), ...this.backgrounds.checks];
  }

  private heed({ kind, sentence, onFailure }: Objection): void {
    if (kind === "undecided") this.undecided.end(sentence);
    else if (onFailure === "hold") this.undecided.hold(sentence);
    else throw new AbortRun(sentence);
  }
}

/** Where no request of the gateway's reaches the canary its pods and the webhooks decide. */
const nothingJudged: Assessment = {
  verdict: { kind: "pass" },
  checks: [],
  observedSharePercent: undefined,
  subjectRequests: 0,
  totalRequests: 0,
};
