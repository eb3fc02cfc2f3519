import type { Assessment, CheckReport } from "../analysis/contract.js";
import type { WrittenDecision } from "./document.js";
import { writeNumber } from "./numbers.js";

/** An assessment as the report writes it. */
export function writeDecision(assessment: Assessment): WrittenDecision {
  const { verdict, checks, observedSharePercent, subjectRequests, totalRequests } = assessment;
  return {
    verdict: verdict.kind,
    ...(verdict.kind === "hold" ? { reason: verdict.reason } : {}),
    ...(verdict.kind === "pass" ? {} : { sentence: verdict.sentence }),
    checks: checks.map(writeCheck),
    split: {
      ...(observedSharePercent === undefined ? {} : { observedSharePercent: writeNumber(observedSharePercent) }),
      subjectRequests: writeNumber(subjectRequests),
      totalRequests: writeNumber(totalRequests),
    },
  };
}

function writeCheck({ value, limit, ...check }: CheckReport): WrittenDecision["checks"][number] {
  return {
    metric: check.metric,
    verdict: check.verdict,
    ...(value === undefined ? {} : { value: writeNumber(value) }),
    ...(limit === undefined ? {} : { limit: writeNumber(limit) }),
    unit: check.unit,
    requests: writeNumber(check.requests),
    confidence: writeNumber(check.confidence),
    dryRun: check.dryRun,
    sentence: check.sentence,
  };
}
