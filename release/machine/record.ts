import type { Assessment, Observation } from "../analysis/contract.js";
import { sentenceOf } from "./failure.js";
import { isLost } from "./lock.js";
import type { RunEnd } from "../ports/index.js";
import type { Outcome, Ports } from "./ports.js";
import type { Run } from "./run.js";

/** The flush of what was said, and the report, are given so long. */
const lastWordsMs = 2_000;
const reportMs = 3_000;

/** Judges, and keeps the record of each check with all that went into it. */
export function judgeOnRecord(run: Run, subject: "canary" | "primary"): (observation: Observation) => Assessment {
  const startedAtMs = run.ports.clock.nowMs();
  const observe = run.ports.judge(run.settings, startedAtMs, subject);
  return (observation) => {
    const assessment = observe(observation);
    run.ports.reporter.record({ subject, startedAtMs, observation, assessment });
    return assessment;
  };
}

/** Runs a part of a release and, when the lock is given back and the traffic is where it belongs, stores its report. */
export async function reported(
  { reporter }: Ports,
  part: RunEnd["part"],
  work: () => Promise<Outcome>,
): Promise<Outcome> {
  let end: RunEnd | undefined;
  try {
    const outcome = await work();
    end = endOf(part, outcome);
    return outcome;
  } catch (error) {
    const failed = part === "analysis" ? "failed" : "promotionFailed";
    // Somebody else has taken over: the report will be theirs.
    end = isLost(error) ? undefined : { part, outcome: failed, reason: sentenceOf(error) };
    throw error;
  } finally {
    await reporter.flush(lastWordsMs);
    if (end !== undefined) await reporter.conclude(end, reportMs);
  }
}

function endOf(part: RunEnd["part"], { kind }: Outcome): RunEnd | undefined {
  switch (kind) {
    case "passed":
    case "skipped":
    case "promoted":
      return { part, outcome: kind, reason: "" };
    case "nothingToDo":
    case "healed":
    case "initialized":
    case "alreadyPromoted":
    case "unjudged":
      return undefined;
  }
}
