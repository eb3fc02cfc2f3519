import { expect } from "chai";
import { createReportStore } from "../../../release/adapters/report-store/index.js";
import { readReport, writtenReport } from "../../../release/report/index.js";
import type { WrittenReport } from "../../../release/report/index.js";
import { apiAt, closeServers, errorOf, noSignal, playApi } from "../adapters/fixture.js";
import type { PlayedServer } from "../adapters/fixture.js";
import { recordRun } from "./recorded-run.js";

const maps = "/api/v1/namespaces/test/configmaps";
const one = `${maps}/podinfo-report`;
const owner = { "GET /apis/apisix-canary.io/v1/namespaces/test/canaryreleases/podinfo": { metadata: { uid: "u1" } } };

interface Body {
  readonly metadata: object;
  readonly data: Readonly<Record<string, string>>;
  readonly binaryData: Readonly<Record<string, string>>;
}

describe("the report store", () => {
  afterEach(closeServers);

  let good: WrittenReport;
  before(async () => {
    good = writtenReport.parse(JSON.parse((await recordRun({})).json));
  });

  const storeAt = (server: PlayedServer) =>
    createReportStore(apiAt(server.url), { name: "podinfo", namespace: "test" });
  const lastBody = (server: PlayedServer): Body => JSON.parse(server.seen.at(-1)?.body ?? "") as Body;

  it("creates a ConfigMap that goes with the release, under our own name", async () => {
    const server = await playApi({ ...owner, [`POST ${maps}`]: {} });
    await storeAt(server).write(good, "analysis", noSignal);
    expect(server.seen.at(-1)?.url).to.contain("fieldManager=apisix-canary");
    const body = lastBody(server);
    expect(body.metadata).to.deep.equal({
      name: "podinfo-report",
      namespace: "test",
      labels: { "app.kubernetes.io/managed-by": "apisix-canary" },
      ownerReferences: [{ apiVersion: "apisix-canary.io/v1", kind: "CanaryRelease", name: "podinfo", uid: "u1" }],
    });
    expect(body.data).to.include({ outcome: "promoted", revision: "r2" });
    const again = await playApi({ [`GET ${one}`]: { metadata: body.metadata, binaryData: body.binaryData } });
    expect(JSON.parse((await storeAt(again).read(noSignal)) ?? "")).to.deep.equal(good);
  });

  it("replaces the report of the run before, but goes on with the analysis' own at the promotion", async () => {
    const first = await playApi({ ...owner, [`POST ${maps}`]: {} });
    await storeAt(first).write({ ...good, outcome: "passed" }, "analysis", noSignal);
    const { metadata, binaryData } = lastBody(first);
    const server = await playApi({ ...owner, [`GET ${one}`]: { metadata, binaryData }, [`PATCH ${one}`]: {} });
    const lengthAfter = async (report: WrittenReport, part: "analysis" | "promotion"): Promise<number> => {
      await storeAt(server).write(report, part, noSignal);
      const stored = await playApi({ [`GET ${one}`]: { metadata, binaryData: lastBody(server).binaryData } });
      return readReport((await storeAt(stored).read(noSignal)) ?? "").ticks.length;
    };
    const { length } = good.ticks;
    expect(await lengthAfter(good, "analysis")).to.equal(length);
    expect(await lengthAfter(good, "promotion")).to.equal(2 * length);
    expect(await lengthAfter({ ...good, revision: "r3" }, "promotion")).to.equal(length);
  });

  it("leaves somebody else's ConfigMap alone", async () => {
    const server = await playApi({ ...owner, [`GET ${one}`]: { metadata: { labels: {} }, data: { a: "b" } } });
    const error = await errorOf(storeAt(server).write(good, "analysis", noSignal));
    expect(error.message).to.equal("ConfigMap podinfo-report is somebody else's: rename that one to have reports");
    expect(server.seen.every(({ method }) => method === "GET")).to.equal(true);
  });

  it("writes nothing where the release is gone, and names a missing permission", async () => {
    const gone = await playApi({});
    await storeAt(gone).write(good, "analysis", noSignal);
    expect(gone.seen.every(({ method }) => method === "GET")).to.equal(true);
    const server = await playApi({ ...owner, [`POST ${maps}`]: [403, { message: "user x cannot create configmaps" }] });
    const error = await errorOf(storeAt(server).write(good, "analysis", noSignal));
    expect(error.message).to.contain('give this user the RBAC verb "create" on configmaps in namespace test');
  });
});
