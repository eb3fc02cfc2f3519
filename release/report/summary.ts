import type { Report, Tick } from "./document.js";

/** Checks in a row with the same answer at the same weight. */
export interface CheckGroup {
  readonly first: Tick;
  readonly last: Tick;
  readonly checks: number;
}

/** What happened, without the repetitions. */
export function groupChecks(ticks: readonly Tick[]): readonly CheckGroup[] {
  const groups: CheckGroup[] = [];
  for (const tick of ticks) {
    // Those in the background come in between.
    const at = groups.findLastIndex(({ last }) => last.analysis === tick.analysis);
    const open = groups[at];
    if (open !== undefined && alike(open.last, tick)) groups[at] = { ...open, last: tick, checks: open.checks + 1 };
    else groups.push({ first: tick, last: tick, checks: 1 });
  }
  return groups;
}

function alike(a: Tick, b: Tick): boolean {
  return (
    a.canaryWeight === b.canaryWeight &&
    a.decision.verdict === b.decision.verdict &&
    a.decision.reason === b.decision.reason
  );
}

interface Explained {
  readonly sentence?: string;
  readonly checks: readonly { readonly sentence: string }[];
}

/** The sentence of a tick; one that passed says what its checks found. */
export function sentenceOf({ decision }: { readonly decision: Explained }): string {
  if (decision.sentence !== undefined) return decision.sentence;
  return decision.checks.map(({ sentence }) => sentence).join("; ");
}

/** `hold (inconclusive)`, `pass`. */
export function verdictOf({ verdict, reason }: { readonly verdict: string; readonly reason?: string }): string {
  return reason === undefined ? verdict : `${verdict} (${reason})`;
}

/** Time since the start of the run: `+0:07.5`, `+1:02:03`. */
export function sinceStart(report: Pick<Report, "startedAt">, atMs: number): string {
  const seconds = Math.max(0, Math.round((atMs - Date.parse(report.startedAt)) / 100) / 10);
  return `+${clockText(seconds)}`;
}

/** Seconds as `0:07`, `1:02:03`; a tenth is shown where there is one. */
export function clockText(seconds: number): string {
  const whole = Math.floor(seconds);
  const tenth = Math.round((seconds - whole) * 10);
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const text = hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
  return tenth === 0 ? text : `${text}.${tenth}`;
}
