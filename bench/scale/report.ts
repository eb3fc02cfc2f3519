import { atMost } from "../requirement.js";
import type { Requirement } from "../requirement.js";

/** So many releases in one `pulumi up`. */
export interface ScaleRow {
  readonly releases: number;
  /** How much later than asked a release was looked at again, ms: median, and the 99th of a hundred. */
  readonly p50LatenessMs: number;
  readonly p99LatenessMs: number;
  readonly checks: number;
  /** Of the process that decides: the dynamic provider. */
  readonly peakMemoryMiB: number;
  readonly cpuCores: number;
  readonly apiRequestsPerReleaseSecond: number;
  readonly prometheusRequestsPerReleaseSecond: number;
  readonly upSeconds: number;
  /** Releases that were not promoted. */
  readonly notPromoted: number;
}

/** An update that changes nothing, with and without the dynamic resources of its releases. */
export interface Noop {
  readonly withSeconds: number;
  readonly withoutSeconds: number;
  /** With as many dynamic resources that hold nothing and do nothing: what Pulumi takes for them. */
  readonly emptySeconds: number;
  /** Times that without: the median of the rounds. */
  readonly ratio: number;
  readonly emptyRatio: number;
  /** Times that with the empty ones. */
  readonly ownRatio: number;
}

export interface Scale {
  readonly rows: readonly ScaleRow[];
  /** Numbers of releases that could not be measured, and why. */
  readonly broken: readonly string[];
  readonly noop: { readonly releases: number; readonly up: Noop; readonly preview: Noop };
  readonly look: Look;
}

/** What one look of the analysis costs, and what is kept between two, in a long run on busy gateways. */
export interface Look {
  readonly medianMs: number;
  readonly p99Ms: number;
  /** Largest state of the run, as JSON, kB. */
  readonly stateKilobytes: number;
}

/** Costs of the largest run for each release, against those of the smallest one with company: 1 is linear. */
const linearSlack = 1.3;
const judgedAt = 50;
/** An update and a preview that change nothing may take so many times as long as with dynamic resources that do nothing. */
const ownSlack = 1.1;

export function scaleRequirementsOf({ rows, broken, noop, look }: Scale): readonly Requirement[] {
  const judged = rows.find(({ releases }) => releases === judgedAt);
  return [
    ...(judged === undefined
      ? []
      : [
          atMost(`${judgedAt} releases, P99 lateness of checks, ms`, judged.p99LatenessMs, 1000),
          atMost(`${judgedAt} releases, peak memory, MiB`, judged.peakMemoryMiB, 600),
          atMost(`${judgedAt} releases, CPU cores`, judged.cpuCores, 1),
        ]),
    ...growthOf(rows),
    atMost("numbers of releases that could not be measured", broken.length, 0),
    atMost("one look of the analysis, median, ms", look.medianMs, 1),
    atMost("what is kept of a run between two looks, kB", look.stateKilobytes, 200),
    ...noopRequirementsOf(noop),
  ];
}

export function noopRequirementsOf({ releases, up, preview }: Scale["noop"]): readonly Requirement[] {
  const times = `with the dynamic parts, times that without (${releases} releases)`;
  const own = "with the dynamic parts, times that with as many empty ones";
  return [
    atMost(`no-op up ${times}`, up.ratio, 1.2),
    atMost(`preview ${times}`, preview.ratio, 1.15),
    atMost(`no-op up ${own}`, up.ownRatio, ownSlack),
    atMost(`preview ${own}`, preview.ownRatio, ownSlack),
  ];
}

export function noopLine({ releases, up, preview }: Scale["noop"]): string {
  return `Nothing changed, ${releases} releases: \`pulumi up\` ${compared(up)}; preview ${compared(preview)}.`;
}

/** Linear or better: what one release costs does not grow with their number. */
function growthOf(rows: readonly ScaleRow[]): readonly Requirement[] {
  const several = rows.filter(({ releases }) => releases > 1).toSorted((a, b) => a.releases - b.releases);
  const [few] = several;
  const many = several.at(-1);
  if (few === undefined || many === undefined || few === many) return [];
  const growth = (cost: (row: ScaleRow) => number): number => cost(many) / cost(few);
  const text = (what: string): string =>
    `${what} of one release of ${many.releases}, times that of one of ${few.releases}`;
  return [
    atMost(
      text("CPU"),
      growth(({ cpuCores, releases }) => cpuCores / releases),
      linearSlack,
    ),
    atMost(
      text("API requests"),
      growth((row) => row.apiRequestsPerReleaseSecond),
      linearSlack,
    ),
    atMost(
      text("Prometheus requests"),
      growth((row) => row.prometheusRequestsPerReleaseSecond),
      linearSlack,
    ),
  ];
}

export function scaleMarkdownOf({ rows, broken, noop, look }: Scale): string {
  const head = [
    "releases",
    "lateness P50 ms",
    "P99 ms",
    "checks",
    "peak MiB",
    "cores",
    "API requests / release / s",
    "Prometheus / release / s",
    "`pulumi up` s",
    "not promoted",
  ];
  const table = rows.map((row) => [
    row.releases.toFixed(0),
    row.p50LatenessMs.toFixed(0),
    row.p99LatenessMs.toFixed(0),
    row.checks.toFixed(0),
    row.peakMemoryMiB.toFixed(0),
    row.cpuCores.toFixed(2),
    row.apiRequestsPerReleaseSecond.toFixed(1),
    row.prometheusRequestsPerReleaseSecond.toFixed(2),
    row.upSeconds.toFixed(0),
    row.notPromoted.toFixed(0),
  ]);
  return [
    "## Many releases in one `pulumi up`",
    reading,
    [head, head.map(() => "---:"), ...table].map((row) => `| ${row.join(" | ")} |`).join("\n"),
    ...broken.map((each) => `Not measured: ${each.replace(/\s+/g, " ").slice(0, 500)}`),
    noopLine(noop),
    `One look of the analysis (two gateways, four pods of each version, an hour long): median ${look.medianMs.toFixed(2)} ms, P99 ${look.p99Ms.toFixed(2)} ms; kept between two looks: ${look.stateKilobytes.toFixed(0)} kB at most.`,
  ].join("\n\n");
}

function compared({ withSeconds, withoutSeconds, emptySeconds, ratio, emptyRatio }: Noop): string {
  const without = `without the dynamic parts ${withoutSeconds.toFixed(1)} s (${ratio.toFixed(2)} times)`;
  const empty = `with as many empty ones ${emptySeconds.toFixed(1)} s (${emptyRatio.toFixed(2)} times)`;
  return `${withSeconds.toFixed(1)} s, ${without}, ${empty}`;
}

const reading =
  "Real API server, engine and dynamic provider; the gateway's metrics come from a program that counts as a gateway " +
  "would, and the pods are objects that a program reports as ready. Lateness: by how much the time between two checks of " +
  "a release exceeds its `checkInterval`. Memory and CPU: of the dynamic provider, CPU " +
  "while all releases are in analysis. The engine writes its state at the end of the update only " +
  "(PULUMI_SKIP_CHECKPOINTS): else most of the time goes into writing it. The update that changes nothing has " +
  "autoscalers too, as in the article.";

/** The value below which `share` of the values are; nearest rank. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
