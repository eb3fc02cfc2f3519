/** The report of a run: what was seen, decided and said, to read and to decide again. Pure, no I/O. */
export { imageOf, readReport, reportVersion, writtenReport } from "./document.js";
export type { Decision, Report, Tick, WrittenReport } from "./document.js";
export { continues, joined } from "./merge.js";
export { Recorder } from "./recorder.js";
export { redactedUrl, scrubber, withoutUrls } from "./redact.js";
export { observationOf, parseChange, replay, settingsOf } from "./replay.js";
export type { Change, Judge, Replayed } from "./replay.js";
export { clockText, sentenceOf, sinceStart, stagesOf, verdictOf } from "./stages.js";
export { withoutOldest } from "./shorten.js";
