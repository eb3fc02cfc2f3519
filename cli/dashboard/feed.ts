import { createReportStore } from "../../release/adapters/report-store/index.js";
import { readReport } from "../../release/report/index.js";
import type { Report } from "../../release/report/index.js";
import { byName } from "../views.js";
import type { EventView, Releases, ReleaseView } from "../releases.js";

/** One release with all that there is about it. */
export interface Details {
  readonly release: ReleaseView;
  readonly events: readonly EventView[];
  /** Of its present or last run; undefined before the first record. */
  readonly report: SeenReport | undefined;
}

/** A report, and since when it is known here: no clock of another machine is compared with this one's. */
export interface SeenReport {
  readonly report: Report;
  readonly seenMs: number;
}

/** However many pages look, the cluster is asked so often. */
const freshMs = 900;
const eventsFreshMs = 3_000;

/** What the cluster says of its releases, shared by all pages. */
export class Feed {
  private readonly answers = new Map<string, { readonly atMs: number; readonly answer: Promise<unknown> }>();
  private readonly reports = new Map<string, SeenReport & { readonly text: string }>();

  /** @param namespace undefined: all namespaces */
  constructor(
    private readonly releases: Releases,
    private readonly namespace: string | undefined,
    private readonly signal: AbortSignal,
  ) {}

  /** @throws Error of one line. */
  list(): Promise<readonly ReleaseView[]> {
    return this.once("list", freshMs, async () => byName(await this.releases.list(this.namespace, this.signal)));
  }

  /** @throws Error of one line, also where there is no such release. */
  async details(namespace: string, name: string): Promise<Details> {
    const key = `${namespace}/${name}`;
    const release = await this.once(key, freshMs, () => this.releases.get(namespace, name, this.signal));
    const [events, report] = await Promise.all([
      // Who may read releases need not be allowed to read Events or the report: the rest is shown.
      this.once(`events ${key}`, eventsFreshMs, () => this.releases.events(release, this.signal)).catch(() => []),
      this.once(`report ${key}`, freshMs, () => this.report(namespace, name)).catch(() => undefined),
    ]);
    return { release, events, report };
  }

  private async report(namespace: string, name: string): Promise<SeenReport | undefined> {
    const store = createReportStore(this.releases.api, { namespace, name });
    const text = await store.read(this.signal);
    if (text === undefined) return undefined;
    const key = `${namespace}/${name}`;
    const known = this.reports.get(key);
    if (known?.text === text) return known;
    const seen = { text, report: readReport(text), seenMs: performance.now() };
    this.reports.set(key, seen);
    return seen;
  }

  private once<T>(key: string, forMs: number, ask: () => Promise<T>): Promise<T> {
    const known = this.answers.get(key);
    // Under one key only one kind of answer is ever kept.
    if (known !== undefined && performance.now() - known.atMs < forMs) return known.answer as Promise<T>;
    const answer = ask();
    this.answers.set(key, { atMs: performance.now(), answer });
    return answer;
  }
}
