import type { Assessment, Observation, Reading } from "../analysis/contract.js";
import { commands } from "../model/index.js";
import type { Announcement, CheckRecord, ReleaseObject, RunEnd } from "../ports/index.js";
import type { ReleaseSettings } from "../settings/index.js";
import { shownWeight } from "../strategy/index.js";
import { imageOf, reportVersion, writeDecision } from "./document.js";
import type { WrittenReport, WrittenTick } from "./document.js";
import { writeNumber } from "./numbers.js";
import { redactedSettings, scrubber } from "./redact.js";
import type { Scrub } from "./redact.js";
import { SampleLog } from "./samples.js";

type WrittenCommand = NonNullable<WrittenReport["commands"]>[number];

/** Takes down what a run sees and says, and writes the report of it. */
export class Recorder {
  private readonly scrub: Scrub;
  private readonly samples = new SampleLog();
  private readonly announcements: WrittenReport["announcements"] = [];
  private readonly analyses: Pick<CheckRecord, "subject" | "startedAtMs" | "part" | "name">[] = [];
  private readonly ticks: WrittenTick[] = [];
  private readonly commands: WrittenCommand[] = [];
  private images: readonly string[] = [];
  /** Messages of providers that had to be scrubbed, and what was left of them. */
  private readonly scrubbed = new Map<string, string>();
  private startedAtMs: number | undefined;

  /** @param startedBy who runs the update, where */
  constructor(
    private readonly settings: ReleaseSettings,
    private readonly startedBy?: string,
  ) {
    this.scrub = scrubber(settings);
  }

  /** Whether there is nothing to report. */
  get isEmpty(): boolean {
    return this.startedAtMs === undefined;
  }

  announce({ level, message, phase, canaryWeight }: Announcement, atMs: number): void {
    this.startedAtMs ??= atMs;
    const at = new Date(atMs).toISOString();
    this.announcements.push({ at, level, message: this.scrub(message), phase, canaryWeight });
  }

  /** Images of the revision, as its template has them. */
  carries(images: readonly string[]): void {
    this.images = images;
  }

  /** What people call the revision, as far as it is known. */
  get image(): string | undefined {
    return imageOf({ images: [...this.images], settings: redactedSettings(this.settings) });
  }

  /** What people ask for now: whatever is new is taken down, and the end of what is gone. */
  heard(asked: ReleaseObject["commands"], atMs: number): void {
    const at = new Date(atMs).toISOString();
    for (const command of commands) {
      const text = asked[command] === undefined ? undefined : this.scrub(asked[command]);
      const open = this.commands.find((each) => each.command === command && each.until === undefined);
      if (open?.text === text) continue;
      if (open !== undefined) open.until = at;
      if (text !== undefined) this.commands.push({ at, command, text });
    }
  }

  record(check: CheckRecord): void {
    const { subject, observation } = check;
    const { nowMs, surroundings, intervalEnds, finalStep } = observation;
    this.startedAtMs ??= nowMs;
    this.ticks.push({
      analysis: this.analysisOf(check),
      nowMs: writeNumber(nowMs),
      canaryWeight: writeNumber(canaryWeightOf(subject, surroundings)),
      intervalEnds,
      ...(finalStep === undefined ? {} : { finalStep }),
      surroundings: writeSurroundings(surroundings),
      reading: this.samples.add(this.scrubbedReading(observation.reading)),
      decision: writeDecision(this.scrubbedAssessment(check.assessment)),
    });
  }

  /** The report so far, as JSON's values. */
  report(end: RunEnd | { readonly outcome: "running"; readonly reason: string }, endedAtMs: number): WrittenReport {
    const { name, namespace, revision } = this.settings;
    return {
      version: reportVersion,
      release: name,
      namespace,
      revision,
      settings: redactedSettings(this.settings),
      startedAt: new Date(this.startedAtMs ?? endedAtMs).toISOString(),
      endedAt: new Date(endedAtMs).toISOString(),
      ...(this.startedBy === undefined ? {} : { startedBy: this.startedBy }),
      ...(this.images.length === 0 ? {} : { images: [...this.images] }),
      outcome: end.outcome,
      reason: this.scrub(end.reason),
      ticksLeftOut: 0,
      announcements: [...this.announcements],
      ...(this.commands.length === 0 ? {} : { commands: this.commands.map((each) => ({ ...each })) }),
      analyses: this.analyses.map(({ subject, startedAtMs, part, name }) => ({
        subject,
        startedAtMs: writeNumber(startedAtMs),
        ...(part === undefined || part === 0 ? {} : { part }),
        ...(name === undefined ? {} : { name }),
      })),
      ...this.samples.written(),
      ticks: [...this.ticks],
    };
  }

  private analysisOf(check: CheckRecord): number {
    const { subject, startedAtMs, part = 0, name } = check;
    const found = this.analyses.findLastIndex(
      (each) => each.subject === subject && each.startedAtMs === startedAtMs && each.part === part,
    );
    if (found !== -1) return found;
    return this.analyses.push({ subject, startedAtMs, part, ...(name === undefined ? {} : { name }) }) - 1;
  }

  private scrubbedReading(reading: Reading): Reading {
    if (reading.kind === "error") return { ...reading, message: this.scrubbedMessage(reading.message) };
    const custom = reading.custom.map(({ metric, outcome }) => ({
      metric,
      outcome: outcome.kind === "error" ? { ...outcome, message: this.scrubbedMessage(outcome.message) } : outcome,
    }));
    return { ...reading, custom };
  }

  private scrubbedMessage(message: string): string {
    const clean = this.scrub(message);
    if (clean !== message) this.scrubbed.set(message, clean);
    return clean;
  }

  /** Sentences quote messages and are otherwise our own: only the messages change, so that a replay says the same. */
  private scrubbedAssessment(assessment: Assessment): Assessment {
    if (this.scrubbed.size === 0) return assessment;
    const clean = (sentence: string): string =>
      [...this.scrubbed].reduce((text, [message, left]) => text.replaceAll(message, () => left), sentence);
    const { verdict, checks } = assessment;
    return {
      ...assessment,
      verdict: verdict.kind === "pass" ? verdict : { ...verdict, sentence: clean(verdict.sentence) },
      checks: checks.map((check) => ({ ...check, sentence: clean(check.sentence) })),
    };
  }
}

/** Share asked of the gateway for the canary, as people are shown it; percent. */
function canaryWeightOf(
  subject: CheckRecord["subject"],
  { weightPercent, split }: Observation["surroundings"],
): number {
  if (weightPercent === undefined) return split === undefined ? 0 : shownWeight(split);
  return subject === "canary" ? weightPercent : 100 - weightPercent;
}

function writeSurroundings(surroundings: Observation["surroundings"]): WrittenTick["surroundings"] {
  const { weightPercent, split, judged, comparedNodes } = surroundings;
  return {
    subjectNodes: [...surroundings.subjectNodes],
    baselineNodes: [...surroundings.baselineNodes],
    ...(comparedNodes === undefined ? {} : { comparedNodes: [...comparedNodes] }),
    subjectReady: writeNumber(surroundings.subjectReady),
    baselineReady: writeNumber(surroundings.baselineReady),
    ...(weightPercent === undefined ? {} : { weightPercent: writeNumber(weightPercent) }),
    weightSinceMs: writeNumber(surroundings.weightSinceMs),
    ...(split === undefined ? {} : { split: { ...split } }),
    ...(judged === undefined ? {} : { judged }),
  };
}
