/** The report of a run: what was seen, decided and said, to read and to decide again. Pure, no I/O. */
export { imageOf, readReport, writtenReport } from "./document.js";
export type { Report, Tick, WrittenReport } from "./document.js";
export { continues, joined } from "./merge.js";
export { Recorder } from "./recorder.js";
export { scrubber, withoutUrls } from "./redact.js";
export { observationOf, parseChange, replay, settingsOf } from "./replay.js";
export type { Replayed } from "./replay.js";
export { sentenceOf, sinceStart, groupChecks, verdictOf } from "./summary.js";
export { withoutOldest } from "./shorten.js";
