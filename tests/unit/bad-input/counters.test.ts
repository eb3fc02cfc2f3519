import { expect } from "chai";
import fc from "fast-check";
import type { Assessment } from "../../../release/analysis/index.js";
import { canary, Look, primary, readingOf, Recording } from "./answers.js";
import type { Series, Traffic } from "./answers.js";

const healthy: Traffic = { good: 20, failed: 0, slow: 0 };

/** Healthy traffic of both versions, with a fault of their common dependency now and then. */
const traffic = fc.record({
  good: fc.integer({ min: 5, max: 60 }),
  failed: fc.constant(0),
  slow: fc.constantFrom(0, 0, 0, 1),
});
const streams = fc.array(traffic, { minLength: 12, maxLength: 30 });

type Corrupt = (answer: readonly Series[], check: number) => readonly Series[];

/** Looks at a healthy stream through a corruption; every assessment on the way. */
function through(stream: readonly Traffic[], corrupt: Corrupt, threshold = 1): readonly Assessment[] {
  const recording = new Recording();
  for (let seconds = 0; seconds <= 10; seconds += 2) recording.ask(primary, healthy).scrape(seconds);
  const look = new Look(threshold);
  return stream.map((each, check) => {
    const seconds = 12 + 2 * check;
    recording.ask(canary, each).ask(primary, each).scrape(seconds);
    return look.at(seconds, corrupt(recording.answer(), check));
  });
}

/** No verdict against the revision, and every reason in one line. */
function expectNoBlame(assessments: readonly Assessment[]): void {
  for (const { verdict, checks } of assessments) {
    expect(["pass", "hold", "giveUp"]).contain(verdict.kind);
    for (const text of ["sentence" in verdict ? verdict.sentence : "", ...checks.map(({ sentence }) => sentence)])
      expect(text).match(/^[^\n\r]*$/);
  }
}

const withLabel = (answer: readonly Series[], labels: Series["metric"]): readonly Series[] =>
  answer.map(({ metric, values }) => ({ metric: { ...metric, ...labels }, values }));
const without = (answer: readonly Series[], label: string): readonly Series[] =>
  answer.map(({ metric, values }) => ({
    metric: Object.fromEntries(Object.entries(metric).filter(([name]) => name !== label)),
    values,
  }));
const shifted = (answer: readonly Series[], seconds: number): readonly Series[] =>
  answer.map(({ metric, values }) => ({
    metric,
    values: values.map(([time, value]) => [time + seconds, value] as const),
  }));

describe("counters that aren't what they should be", function () {
  this.timeout(60_000);

  it("late: a reading that stands still for a while blames nobody, and is no data in the end", () => {
    fc.assert(
      fc.property(streams, fc.integer({ min: 2, max: 8 }), (stream, from) => {
        let last: readonly Series[] = [];
        const assessments = through(stream, (answer, check) => {
          if (check < from) last = answer;
          return last;
        });
        expectNoBlame(assessments);
        assessments.slice(from + 4).forEach(({ verdict }) => expect(verdict.kind).not.equal("pass"));
      }),
      { numRuns: 40 },
    );
  });

  it("from a clock that is minutes ahead or behind: a hold, never a verdict", () => {
    fc.assert(
      fc.property(streams, fc.constantFrom(-600, -90, 90, 100_000), (stream, seconds) => {
        const assessments = through(stream, (answer) => shifted(answer, seconds));
        for (const { verdict } of assessments) expect(["hold", "giveUp"]).contain(verdict.kind);
      }),
      { numRuns: 40 },
    );
  });

  const copies: readonly (readonly [string, Corrupt])[] = [
    ["two scrape jobs", (answer) => [...answer, ...withLabel(answer, { job: "kubernetes-pods" })]],
    [
      "two replicas of Prometheus",
      (answer) => ["a", "b"].flatMap((prometheus_replica) => withLabel(answer, { prometheus_replica })),
    ],
    [
      "a federated copy",
      (answer) => [
        ...answer,
        ...withLabel(answer, { instance: "prometheus:9090", exported_instance: "10.0.9.1:9091", job: "federate" }),
      ],
    ],
    ["a copy that is one scrape late", (answer) => [...answer, ...shifted(withLabel(answer, { job: "other" }), -2)]],
    [
      "a job that names pods beside one that names addresses",
      (answer) => [
        ...withLabel(answer, { pod: "apisix-1" }),
        ...withLabel(answer, { job: "pods", instance: "apisix-1", pod: "apisix-1" }),
      ],
    ],
  ];
  for (const [title, corrupt] of copies)
    it(`read twice, by ${title}: the same decisions as read once`, () => {
      fc.assert(
        fc.property(streams, (stream) => {
          const counts = (assessments: readonly Assessment[]) =>
            assessments.map(({ verdict, subjectRequests, totalRequests }) => [
              verdict.kind,
              subjectRequests,
              totalRequests,
            ]);
          const failing = stream.map((each, index) => ({ ...each, failed: index % 3 }));
          for (const kind of [stream, failing])
            expect(counts(through(kind, corrupt))).deep.equal(counts(through(kind, (answer) => answer)));
        }),
        { numRuns: 15 },
      );
    });

  it("read twice with labels that may be two places: an error that names them", () => {
    const twice: Corrupt = (answer) => ["a", "b"].flatMap((cluster) => withLabel(answer, { cluster }));
    const [, second] = through([healthy, healthy], twice);
    expect(second?.verdict).deep.include({ kind: "hold", reason: "error" });
    expect(second?.verdict).property("sentence").contain('with cluster "a" and "b"');
    const peers: Corrupt = (answer) => ["x", "y"].flatMap((ha_peer) => withLabel(answer, { ha_peer }));
    expect(through([healthy], peers)[0]?.verdict)
      .property("sentence")
      .contain("ha_peer");
    const anonymous: Corrupt = (answer) => ["1", "2"].flatMap((job) => without(withLabel(answer, { job }), "instance"));
    expect(through([healthy], anonymous)[0]?.verdict)
      .property("sentence")
      .contain("name no target");
    const same: Corrupt = (answer) => [...answer, ...answer];
    expect(through([healthy], same)[0]?.verdict)
      .property("sentence")
      .contain("twice");
  });

  it("not monotone: counters that fall and rise blame nobody, and are named when they go on", () => {
    const jumps = fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 30, maxLength: 30 });
    fc.assert(
      fc.property(streams, jumps, (stream, offsets) => {
        // Every scrape is answered by another gateway, each with counters and failures of its own.
        const assessments = through(stream, (answer) =>
          answer.map(({ metric, values }) => ({
            metric,
            values: values.map(([time, value]) => {
              const offset = offsets[(time / 2) % offsets.length] ?? 0;
              const share = metric["code"] === "500" ? 0.2 : 1;
              const own = metric["__name__"]?.includes("nginx") === true ? 0 : Math.round(share * offset);
              return [time, String(Number(value) + own)] as const;
            }),
          })),
        );
        expect(assessments.map(({ verdict }) => verdict.kind)).not.contain("failNow");
        expect(assessments.map(({ verdict }) => verdict.kind)).not.contain("failedCheck");
      }),
      { numRuns: 60 },
    );
  });

  it("of another gateway: what it had counted before the run, at whatever address, blames nobody", () => {
    fc.assert(
      fc.property(streams, fc.nat(500), fc.integer({ min: 0, max: 10 }), (stream, failures, from) => {
        const other = new Recording("10.0.9.2:9091").ask(canary, { good: 3, failed: failures, slow: 3 });
        const assessments = through(stream, (answer, check) => {
          other.scrape(12 + 2 * check);
          return check < from ? answer : [...answer, ...other.answer()];
        });
        expectNoBlame(assessments);
      }),
      { numRuns: 60 },
    );
  });

  const labels: readonly (readonly [string, string, string])[] = [
    ["node", "two versions can't be told apart", "apisix_http"],
    ["code", "failures can't be told", "apisix_http_status"],
    ["route", "can't be told from others", "apisix_http"],
  ];
  for (const [label, says] of labels)
    it(`without the label ${label}: an error that names it and says what to do`, () => {
      const assessments = through(Array<Traffic>(6).fill(healthy), (answer) => without(answer, label));
      for (const { verdict } of assessments) {
        expect(verdict).deep.include({ kind: "hold", reason: "error" });
        expect(verdict)
          .property("sentence")
          .contain(`no label ${label}`)
          .and.contain(says)
          .and.contain("disabled_labels");
      }
    });

  it("without the last bucket: an error that names the full dictionary", () => {
    const [, , , last] = through(Array<Traffic>(4).fill(healthy), (answer) =>
      answer.filter(({ metric }) => metric["le"] !== "+Inf"),
    );
    expect(last?.verdict).property("sentence").contain("metrics dictionary is full");
  });

  it("whatever labels they carry, a reading or an error of one line comes of them", () => {
    const text = fc.oneof(fc.string(), fc.constantFrom("", "NaN", "\n", "10.0.0.2", "500", "+Inf", "-1"));
    const names = fc.constantFrom(
      "__name__",
      "node",
      "code",
      "le",
      "route",
      "instance",
      "job",
      "pod",
      "cluster",
      "type",
    );
    const series = fc.record({
      metric: fc.dictionary(names, text).map((metric) => ({ __name__: "apisix_http_status", ...metric })),
      values: fc.array(fc.tuple(fc.integer({ min: 0, max: 100 }), text)),
    });
    fc.assert(
      fc.property(fc.array(series, { maxLength: 12 }), (answer) => {
        const reading = readingOf(answer);
        if (reading.kind === "error") expect(reading.message).not.equal("");
        const look = new Look();
        for (const seconds of [12, 14, 20]) expect(look.at(seconds, answer).verdict.kind).not.equal("failNow");
      }),
      { numRuns: 300 },
    );
  });
});
