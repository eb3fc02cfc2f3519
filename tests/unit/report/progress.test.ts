import { expect } from "chai";
import { createReportStore } from "../../../release/adapters/report-store/index.js";
import type { StoreReport } from "../../../release/adapters/reporter/index.js";
import { runAnalysis, runPromotion } from "../../../release/machine/index.js";
import { readReport } from "../../../release/report/index.js";
import type { WrittenReport } from "../../../release/report/index.js";
import { settingsFor, VirtualClock, World } from "../../../fakes/index.js";
import { apiAt, closeServers, noSignal, playApi } from "../adapters/fixture.js";
import type { Seen } from "../adapters/fixture.js";
import { portsReporting, recordRun } from "./recorded-run.js";

const { signal } = new AbortController();

interface Stored {
  readonly atMs: number;
  readonly part: string;
  readonly report: WrittenReport;
}

/** A run from r1 to r2, with what was stored on the way and at the end. */
async function runWith(progress: (stored: Stored[], world: World) => StoreReport) {
  const world = new World(new VirtualClock());
  const onTheWay: Stored[] = [];
  const atTheEnd: Stored[] = [];
  const settings = settingsFor("r2", { stepWeightPromotion: 20 });
  const put =
    (list: Stored[]): StoreReport =>
    async (report, part) =>
      void list.push({ atMs: world.clock.nowMs(), part, report });
  const ports = (of = settings) => portsReporting(world, of, put(atTheEnd), progress(onTheWay, world));
  world.applyPrimary("r1");
  await world.clock.until(runPromotion(settingsFor("r1"), ports(settingsFor("r1")), signal));
  world.applyCanary("r2");
  const outcome = await world.clock.until(runAnalysis(settings, ports(), signal));
  world.applyPrimary("r2");
  await world.clock.until(runPromotion(settings, ports(), signal));
  return { world, onTheWay, atTheEnd, outcome };
}

const keeping = (stored: Stored[], world: World): StoreReport => {
  return async (report, part) => void stored.push({ atMs: world.clock.nowMs(), part, report });
};

describe("the report of a run that goes on", () => {
  afterEach(closeServers);

  it("is stored on the way, as running, seldom, and never after its end", async () => {
    const { onTheWay, atTheEnd } = await runWith(keeping);
    const analysis = onTheWay.filter(({ part }) => part === "analysis");
    expect(analysis.length).to.be.greaterThan(3);
    expect(onTheWay.every(({ report }) => report.outcome === "running")).to.equal(true);
    const counts = analysis.map(({ report }) => readReport(JSON.stringify(report)).ticks.length);
    expect(counts).to.deep.equal(counts.toSorted((a, b) => a - b));
    const gaps = analysis.slice(1).map(({ atMs }, index) => atMs - (analysis[index]?.atMs ?? 0));
    expect(Math.min(...gaps)).to.be.at.least(10_000);
    expect(atTheEnd.map(({ report }) => report.outcome)).to.deep.equal(["passed", "promoted"]);
    expect(analysis.at(-1)?.atMs).to.be.at.most(atTheEnd[0]?.atMs ?? 0);
  });

  it("takes at most a twentieth of the time, where storing is slow", async () => {
    const { onTheWay } = await runWith((stored, world) => async (report, part) => {
      stored.push({ atMs: world.clock.nowMs(), part, report });
      await world.clock.sleep(2_000, signal);
    });
    const analysis = onTheWay.filter(({ part }) => part === "analysis");
    const gaps = analysis.slice(1).map(({ atMs }, index) => atMs - (analysis[index]?.atMs ?? 0));
    expect(Math.min(...gaps)).to.be.at.least(40_000);
  });

  it("holds no run up where it can't be stored, and the run's own end is stored all the same", async () => {
    const { outcome, atTheEnd } = await runWith(() => () => Promise.reject(new Error("not allowed")));
    expect(outcome).to.deep.equal({ kind: "passed" });
    expect(atTheEnd.map(({ report }) => report.outcome)).to.deep.equal(["passed", "promoted"]);
  });

  it("goes on with the analysis' own, however often a promotion is stored", async () => {
    const { onTheWay, atTheEnd } = await runWith(keeping);
    const [passed, promoted] = atTheEnd.map(({ report }) => report);
    const onPromotion = onTheWay.filter(({ part }) => part === "promotion").map(({ report }) => report);
    if (passed === undefined || promoted === undefined || onPromotion.length < 1) throw new Error("nothing stored");
    let map: unknown = [404, {}];
    const keep = ({ body }: Seen): unknown => (map = JSON.parse(body) as unknown);
    const place = "/api/v1/namespaces/test/configmaps";
    const server = await playApi({
      "GET /apis/apisix-canary.io/v1/namespaces/test/canaryreleases/podinfo": { metadata: { uid: "u1" } },
      [`GET ${place}/podinfo-report`]: () => map,
      [`POST ${place}`]: keep,
      [`PATCH ${place}/podinfo-report`]: keep,
    });
    const storeAt = () => createReportStore(apiAt(server.url), { name: "podinfo", namespace: "test" });
    await storeAt().write(passed, "analysis", noSignal);
    const store = storeAt();
    for (const report of [...onPromotion, ...onPromotion, promoted]) await store.write(report, "promotion", noSignal);
    const whole = readReport((await store.read(noSignal)) ?? "");
    expect(whole.outcome).to.equal("promoted");
    expect(whole.analyses.map(({ subject }) => subject)).to.deep.equal(["canary", "primary"]);
    expect(whole.ticks).to.have.length(passed.ticks.length + promoted.ticks.length);
  });
});

describe("a report tells who did what", () => {
  it("each request with its words, from when to when, and who ran the update", async () => {
    const { report } = await recordRun({
      meanwhile: (world) => {
        const { clock } = world;
        const commands = () => world.object?.commands ?? {};
        clock.at(12_000, () => (commands()["pause"] = "alice: looking at the shop's graphs"));
        clock.at(32_000, () => delete commands()["pause"]);
        clock.at(45_000, () => (commands()["abort"] = "bob: no, take it back"));
      },
    });
    expect(report.startedBy).to.equal("alice on build-7");
    const told = report.commands?.map(({ command, text }) => `${command} ${text}`);
    expect(told).to.deep.equal(["pause alice: looking at the shop's graphs", "abort bob: no, take it back"]);
    const [pause] = report.commands ?? [];
    const seconds = (Date.parse(pause?.until ?? "") - Date.parse(pause?.at ?? "")) / 1000;
    expect(seconds).to.be.within(15, 25);
    expect(report.reason).to.contain("aborted on request: bob: no, take it back");
  });

  it("without the secrets that somebody typed", async () => {
    const { json } = await recordRun({
      meanwhile: (world) =>
        world.clock.at(
          12_000,
          () => (world.object!.commands["abort"] = "see https://user:s3cr3tpass@wiki.example.com/x"),
        ),
    });
    expect(json).to.contain("see redacted").and.not.to.contain("s3cr3tpass");
  });
});
