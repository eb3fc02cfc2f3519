import { expect } from "chai";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { run } from "../../../cli/program.js";
import { pack } from "../../../release/adapters/report-store/pack.js";
import { writtenReport } from "../../../release/report/index.js";
import { closeServers, kubeconfigFor, playApi } from "../adapters/fixture.js";
import { recordRun } from "../report/recorded-run.js";

const release = {
  metadata: { name: "podinfo", namespace: "test", uid: "u", annotations: {} },
  status: { phase: "Failed", revision: "r2", message: "success rate 70.00% < 99%", fence: 1 },
};
const found = { "GET /apis/apisix-canary.io/v1/namespaces/test/canaryreleases/podinfo": release };
const map = "GET /api/v1/namespaces/test/configmaps/podinfo-report";

async function cli(argv: readonly string[]) {
  const out: string[] = [];
  const error: string[] = [];
  const code = await run(argv, {
    out: (text) => void out.push(text),
    error: (text) => void error.push(text),
    isTerminal: false,
    signal: new AbortController().signal,
  });
  return { code, out: out.join("\n"), error: error.join("\n") };
}

describe("apisix-canary report and replay", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "canary-report-"));
  const file = path.join(folder, "report.json");
  let json: string;
  before(async () => {
    ({ json } = await recordRun({ canary: { failingShare: 0.3, slowShare: 0 } }));
    writeFileSync(file, json);
  });
  afterEach(closeServers);
  after(() => rmSync(folder, { recursive: true }));

  async function report(argv: readonly string[], answers: Readonly<Record<string, unknown>>) {
    const server = await playApi(answers);
    const kubeconfig = path.join(folder, "config");
    writeFileSync(kubeconfig, kubeconfigFor(server.url));
    return cli(["report", "podinfo", "-n", "test", ...argv, "--kubeconfig", kubeconfig]);
  }

  const stored = async (text = json) => ({
    ...found,
    [map]: { metadata: {}, binaryData: { "report.json.br": await pack(writtenReport.parse(JSON.parse(text))) } },
  });

  it("shows the decisions of the last run and what was said", async () => {
    const { out, code } = await report([], await stored());
    expect(code).to.equal(0);
    expect(out).to.match(/^podinfo: Failed$/m);
    expect(out).to.match(
      /^Last run: +revision r2 failed, 2026-01-01T\S+ to \S+: podinfo\.test: revision r2 rolled back: /m,
    );
    expect(out).to.match(/^ {2}\+0:0\d\S* +10% +failNow +success rate /m);
    expect(out).to.match(/^ {2}\+0:0\d\S* +Advance podinfo\.test canary weight 10$/m);
  });

  it("shows no control characters that somebody had sent", async () => {
    const { out } = await report(
      [],
      await stored(json.replaceAll("Starting canary", "\\u001b[2JStarting\\r\\ncanary")),
    );
    expect(out).to.contain(" [2JStarting canary");
    expect(out).not.to.match(/[^\P{Cc}\n]/u);
  });

  it("shows the status alone where no report is stored, or where it may not be read", async () => {
    expect((await report([], found)).out).to.match(/^Message: +success rate 70.00% < 99%$/m);
    const forbidden = await report([], { ...found, [map]: [403, { message: "user x cannot get configmaps" }] });
    expect(forbidden.code).to.equal(0);
    expect(forbidden.out).to.match(/^No report: not allowed to get configmaps "podinfo-report" in namespace test: /m);
  });

  it("writes JSON and HTML", async () => {
    const [asJson, asHtml] = [path.join(folder, "out.json"), path.join(folder, "out.html")];
    const { out } = await report(["--json", asJson, "--html", asHtml], await stored());
    expect(out).to.equal(`wrote ${asJson}\nwrote ${asHtml}`);
    expect(JSON.parse(readFileSync(asJson, "utf8"))).to.deep.equal(JSON.parse(json));
    expect(readFileSync(asHtml, "utf8")).to.match(/^<!doctype html>/);
    expect(JSON.parse((await report(["--json", "-"], await stored())).out)).to.deep.equal(JSON.parse(json));
  });

  it("decides a report again: identical by default", async () => {
    const { out, code, error } = await cli(["replay", file]);
    expect({ code, error }).to.deep.equal({ code: 0, error: "" });
    expect(out).to.match(/^ *\+0:0\d\S* +10% +failNow +success rate /m);
    expect(out).to.match(/checks: identical to the record$/);
  });

  it("shows what another setting changes, and exits 0", async () => {
    const { out, code } = await cli(["replay", file, "--set", "analysis.metrics[0].thresholdRange.min=50"]);
    expect(code).to.equal(0);
    expect(out).to.match(/^! .*\n +recorded: failNow success rate /m);
    expect(out).to.match(/\d of \d checks differ from the record$/);
  });

  it("exits 1 where the record is not what the analysis decides", async () => {
    const forged = path.join(folder, "forged.json");
    writeFileSync(forged, json.replaceAll('"verdict":"failNow"', '"verdict":"pass"'));
    const { out, code } = await cli(["replay", forged]);
    expect(code).to.equal(1);
    expect(out).to.match(/recorded: pass/);
  });

  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [["replay", "/nowhere/x.json"], /^apisix-canary: \/nowhere\/x\.json can't be read \(ENOENT\)$/],
    [["replay", "FILE", "--set", "analysis.confidence=2"], /^apisix-canary: analysis\.confidence: Too big: .*$/],
    [["replay", "FILE", "--set", "confidence"], /^apisix-canary: "confidence" is not a setting: write it like .*$/],
    [["replay", "BAD"], /^apisix-canary: .*bad\.json is not a report: not JSON$/],
  ];
  for (const [argv, message] of wrong)
    it(`answers ${argv.join(" ")} in one line`, async () => {
      const bad = path.join(folder, "bad.json");
      writeFileSync(bad, "{");
      const real = argv.map((each) => (each === "FILE" ? file : each === "BAD" ? bad : each));
      const { code, out, error } = await cli(real);
      expect({ code, out }).to.deep.equal({ code: 1, out: "" });
      expect(error).to.match(message);
    });

  it("says where there is nothing to write, or where it can't be written", async () => {
    expect((await report(["--json", "x.json"], found)).error).to.equal(
      "apisix-canary: podinfo has no stored report: none of its runs has ended by itself yet",
    );
    expect((await report(["--json", path.join(folder, "no", "x.json")], await stored())).error).to.match(
      /x\.json can't be written \(ENOENT\)$/,
    );
  });
});
