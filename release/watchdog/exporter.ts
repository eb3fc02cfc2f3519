import { Gauge, Registry } from "../../bundled/metrics.js";
import { commands, phases } from "../model/index.js";
import type { CheckStatus, ReleaseStatus } from "../model/index.js";
import type { FleetPort, ObservedRelease } from "../ports/index.js";

/** Whose metric it is. Not `namespace` alone: a scrape gives that to the pod it scraped. */
const release = ["release", "release_namespace"] as const;
const check = [...release, "metric"] as const;

const verdicts = ["pass", "fail", "failNow", "breached", "inconclusive", "noData", "error"] as const;
const judgements = ["passed", "failed", "none"] as const;

/** More checks than this of one release are left out, so that no release can flood a Prometheus. */
const mostChecks = 50;
/** Longer texts in labels are cut. */
const mostLetters = 100;
/** What was seen longer ago is not told as if it were so now. */
const freshMs = 60_000;

type Labels = Readonly<Record<(typeof release)[number], string>>;
type Status = ReleaseStatus;

/** What each release is doing, as Prometheus asks for it: from the journals that the watchdog reads anyway. */
export class Exporter {
  private readonly registry = new Registry();
  private seen: readonly ObservedRelease[] = [];
  private seenMs = -Infinity;

  /** @param nowMs monotonic */
  constructor(
    private readonly nowMs: () => number,
    private readonly isLeader: () => boolean,
  ) {
    this.addReleases();
    this.addChecks();
    this.addWatchdog();
  }

  /** The same fleet; whatever it lists is what is exported from then on. */
  watching(fleet: FleetPort): FleetPort {
    return {
      list: async (signal) => {
        const found = await fleet.list(signal);
        this.seen = found;
        this.seenMs = this.nowMs();
        return found;
      },
    };
  }

  readonly contentType = this.registry.contentType;

  text(): Promise<string> {
    return this.registry.metrics();
  }

  private addReleases(): void {
    const one = (name: string, help: string, value: (status: Status, release: ObservedRelease) => number): void =>
      this.add(name, help, release, (each) =>
        each.status === undefined ? [] : [[labelsOf(each), value(each.status, each)]],
      );
    one("weight", "Share of requests that the canary gets, percent.", ({ canaryWeight }) => canaryWeight);
    one("weight_planned", "Highest share that the present run may reach, percent.", (each) => each.plannedWeight);
    one("failed_checks", "Failed checks of the present or last run.", ({ failedChecks }) => failedChecks);
    one("stalled", "1 where a promotion stopped on purpose and waits for people.", ({ stalled }) =>
      stalled === undefined ? 0 : 1,
    );
    one("transition_timestamp_seconds", "When phase or weight changed last.", ({ lastTransitionTime }) => {
      const atMs = Date.parse(lastTransitionTime);
      return Number.isFinite(atMs) ? atMs / 1000 : 0;
    });
    const states = <State extends string>(
      name: string,
      help: string,
      label: string,
      all: readonly State[],
      holds: (state: State, status: Status, release: ObservedRelease) => boolean,
    ): void =>
      this.add(name, help, [...release, label], (each) =>
        all.map((state) => [
          { ...labelsOf(each), [label]: state },
          each.status !== undefined && holds(state, each.status, each) ? 1 : 0,
        ]),
      );
    states(
      "phase",
      "1 for the phase that the release is in.",
      "phase",
      phases,
      (phase, status) => phase === status.phase,
    );
    states(
      "verdict",
      "1 for what the last run decided of its revision.",
      "verdict",
      judgements,
      (verdict, { judged }) => verdict === (judged?.verdict ?? "none"),
    );
    states(
      "command",
      "1 for what somebody asks of the release.",
      "command",
      commands,
      (command, _status, each) => each.commands[command] !== undefined,
    );
    this.add(
      "info",
      "Revisions: of the present or last run, and the one that serves all.",
      [...release, "revision", "promoted_revision"],
      (each) => {
        const { revision = "", promotedRevision = "" } = each.status ?? {};
        return [[{ ...labelsOf(each), revision: cut(revision), promoted_revision: cut(promotedRevision) }, 1]];
      },
    );
  }

  private addChecks(): void {
    const one = (name: string, help: string, value: (status: CheckStatus) => number | undefined): void =>
      this.add(name, help, [...check, "unit"], (each) =>
        checksOf(each).flatMap(({ labels, status }) => {
          const found = value(status);
          return found === undefined ? [] : [[{ ...labels, unit: unitOf(status) }, found] as const];
        }),
      );
    one("check_value", "What the check found, in its unit.", ({ value }) => numberIn(value));
    one("check_limit", "The check's limit, in its unit.", ({ limit }) => numberIn(limit));
    one("check_requests", "Requests that the check is about.", ({ requests }) => requests);
    one("check_evidence", "Evidence against the revision, 0 to 1.", ({ confidence = "" }) => {
      const percent = numberIn(confidence);
      return percent === undefined ? undefined : percent / 100;
    });
    this.add("check_verdict", "1 for what the check says.", [...check, "verdict"], (each) =>
      checksOf(each).flatMap(({ labels, status }) =>
        verdicts.map((verdict) => [{ ...labels, verdict }, status.verdict === verdict ? 1 : 0] as const),
      ),
    );
  }

  private addWatchdog(): void {
    const plain = (name: string, help: string, value: () => number): void => {
      new Gauge({
        name: `apisix_canary_watchdog_${name}`,
        help,
        registers: [this.registry],
        collect() {
          this.set(value());
        },
      });
    };
    plain("leader", "1 for the replica that acts.", () => (this.isLeader() ? 1 : 0));
    plain("look_age_seconds", "Since the releases were seen; -1 before the first time.", () =>
      Number.isFinite(this.seenMs) ? (this.nowMs() - this.seenMs) / 1000 : -1,
    );
  }

  /** A gauge whose series are those of the releases as they are now, and of no others. */
  private add(
    name: string,
    help: string,
    labelNames: readonly string[],
    seriesOf: (
      release: ObservedRelease,
    ) => readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[],
  ): void {
    const current = (): readonly ObservedRelease[] => (this.nowMs() - this.seenMs > freshMs ? [] : this.seen);
    new Gauge({
      name: `apisix_canary_${name}`,
      help,
      labelNames,
      registers: [this.registry],
      collect() {
        this.reset();
        for (const each of current()) for (const [labels, value] of seriesOf(each)) this.set({ ...labels }, value);
      },
    });
  }
}

function labelsOf({ name, namespace }: ObservedRelease): Labels {
  return { release: name, release_namespace: namespace };
}

function checksOf(each: ObservedRelease) {
  return (each.status?.checks ?? [])
    .slice(0, mostChecks)
    .map((status) => ({ labels: { ...labelsOf(each), metric: cut(status.metric) }, status }));
}

/** `97.01%` -> 97.01, `-` -> undefined. */
function numberIn(text: string): number | undefined {
  const value = Number.parseFloat(text);
  return Number.isFinite(value) ? value : undefined;
}

function unitOf({ value, limit }: CheckStatus): "percent" | "milliseconds" | "" {
  const text = numberIn(value) === undefined ? limit : value;
  return text.endsWith("%") ? "percent" : text.endsWith("ms") ? "milliseconds" : "";
}

function cut(text: string): string {
  return text.slice(0, mostLetters);
}
