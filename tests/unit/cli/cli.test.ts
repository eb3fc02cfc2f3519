import { userInfo } from "node:os";
import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { run } from "../../../cli/program.js";
import { age, releaseTable } from "../../../cli/views.js";
import { watch } from "../../../cli/watch.js";
import { closeServers, kubeconfigFor, playApi } from "../adapters/fixture.js";
import type { PlayedServer } from "../adapters/fixture.js";

const base = "/apis/apisix-canary.io/v1";
const one = `${base}/namespaces/test/canaryreleases/podinfo`;

const release = (phase: string, more: object = {}) => ({
  metadata: { name: "podinfo", namespace: "test", uid: "u", annotations: { "apisix-canary.io/pause": "by me" } },
  status: {
    phase,
    canaryWeight: 10,
    failedChecks: 1,
    revision: "r2",
    promotedRevision: "r1",
    lastTransitionTime: "2022-11-23T05:00:54Z",
    message: "Halt",
    judged: { revision: "r2", verdict: "failed", reason: "success rate 26.76% < 99%", at: "2022-11-23T05:00:54Z" },
    conditions: [{ type: "Promoted", status: "Unknown", reason: "Progressing", message: "m", lastTransitionTime: "" }],
    checks: [{ metric: "request-success-rate", verdict: "fail", value: "26.76%", limit: "99%", requests: 71 }],
    ...more,
  },
});

describe("apisix-canary", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "canary-cli-"));
  afterEach(closeServers);
  after(() => rmSync(folder, { recursive: true }));

  let server: PlayedServer;
  async function cli(argv: readonly string[], answers: Readonly<Record<string, unknown>> = {}) {
    server = await playApi(answers);
    const kubeconfig = path.join(folder, "config");
    writeFileSync(kubeconfig, kubeconfigFor(server.url));
    const out: string[] = [];
    const error: string[] = [];
    const terminal = {
      out: (text: string) => void out.push(text),
      error: (text: string) => void error.push(text),
      isTerminal: false,
      signal: new AbortController().signal,
    };
    const code = await run([...argv, "--kubeconfig", kubeconfig], terminal);
    return { code, out: out.join("\n"), error: error.join("\n") };
  }

  it("prints the article's table", async () => {
    const items = [release("Progressing"), { metadata: { name: "a", namespace: "test" } }];
    const { out, code } = await cli(["status", "-A"], { [`GET ${base}/canaryreleases`]: { items } });
    expect(code).to.equal(0);
    expect(out.split("\n")).to.deep.equal([
      "NAMESPACE   NAME      STATUS        WEIGHT   LASTTRANSITIONTIME",
      "test        a",
      "test        podinfo   Progressing   10       2022-11-23T05:00:54Z",
    ]);
    expect(releaseTable([])).to.equal("No releases found");
  });

  it("describes one release with checks, requests and events", async () => {
    const event = { type: "Normal", reason: "Synced", message: "Advance podinfo.test canary weight 10", count: 3 };
    const items = [{ ...event, source: { component: "apisix-canary" }, firstTimestamp: null, lastTimestamp: null }];
    const answers = { [`GET ${one}`]: release("Progressing"), "GET /api/v1/namespaces/test/events": { items } };
    const { out } = await cli(["status", "podinfo", "-n", "test"], answers);
    for (const line of [
      /^ {2}Canary Weight: +10$/m,
      /^ {4}Reason: +Progressing$/m,
      /^ {2}Failed Checks: +1$/m,
      /^ {2}request-success-rate +fail +26.76% +99% +71$/m,
      /^ {2}pause: +by me$/m,
      /^ {2}Normal +Synced +<unknown> \(x3 over <unknown>\) +apisix-canary +Advance podinfo.test canary weight 10$/m,
    ])
      expect(out).to.match(line);
    expect(server.seen.at(-1)?.url).to.contain("involvedObject.uid%3Du");
  });

  it("says where a release stands in its strategy", async () => {
    const { metadata, status } = release("Progressing");
    const strategy = { kind: "abTesting", stage: 1, stages: 1, doing: "matched", iteration: 2, iterations: 10 };
    const found = { metadata, status: { ...status, split: { base: 0, matched: 100 }, strategy } };
    const answers = { [`GET ${one}`]: found, "GET /api/v1/namespaces/test/events": { items: [] } };
    const { out } = await cli(["status", "podinfo", "-n", "test"], answers);
    expect(out).to.match(/^ {2}Strategy: +A\/B testing, stage 1\/1: matched users, iteration 2\/10$/m);
  });

  it("says which analysis it is at, and which run beside it", async () => {
    const { metadata, status } = release("Progressing");
    const place = { kind: "canary", stage: 3, stages: 3, doing: "prePromotion", iteration: 1, iterations: 2 };
    const strategy = { ...place, background: ["background analysis orders", "background analysis 2"] };
    const answers = {
      [`GET ${one}`]: { metadata, status: { ...status, split: { base: 50 }, strategy } },
      "GET /api/v1/namespaces/test/events": { items: [] },
    };
    const { out } = await cli(["status", "podinfo", "-n", "test"], answers);
    expect(out).to.match(
      /Strategy: +canary, stage 3\/3: 50%, pre-promotion analysis, iteration 1\/2; background analysis orders, background analysis 2$/m,
    );
  });

  it("says until when the old revision of a blue/green stays", async () => {
    const { metadata, status } = release("Progressing");
    const strategy = { kind: "blueGreen", stage: 3, stages: 3, doing: "scaleDownDelay", until: "2022-11-23T05:15:00Z" };
    const found = { metadata, status: { ...status, split: { base: 100 }, strategy } };
    const answers = { [`GET ${one}`]: found, "GET /api/v1/namespaces/test/events": { items: [] } };
    const { out } = await cli(["status", "podinfo", "-n", "test"], answers);
    expect(out).to.match(
      /^ {2}Strategy: +blue\/green, stage 3\/3: 100%, the old revision stays until 2022-11-23T05:15:00Z$/m,
    );
  });

  it("says until when pods stay after a rollback, and lets a person end that", async () => {
    const { metadata, status } = release("Failed");
    const found = { metadata, status: { ...status, scaleDownAt: "2022-11-23T05:15:00Z", scaleDownSeconds: 300 } };
    const answers = {
      [`GET ${one}`]: found,
      [`PATCH ${one}`]: found,
      "GET /api/v1/namespaces/test/events": { items: [] },
    };
    const shown = await cli(["status", "podinfo", "-n", "test"], answers);
    expect(shown.out).to.match(/^ {2}Canary's Pods Stay Until: +2022-11-23T05:15:00Z$/m);
    const { out } = await cli(["abort", "podinfo", "-n", "test"], answers);
    expect(out).to.contain("abort podinfo.test: the pods that stay after its rollback go now");
  });

  it("says where a release stands in its train", async () => {
    const { metadata, status } = release("Failed");
    const train = { name: "shop", update: "u", revision: "r2", stands: "out", why: "…", follows: "web.test" };
    const found = { metadata, status: { ...status, train } };
    const answers = { [`GET ${one}`]: found, "GET /api/v1/namespaces/test/events": { items: [] } };
    const { out } = await cli(["status", "podinfo", "-n", "test"], answers);
    expect(out).to.match(/^ {2}Train: +shop: taken back, for web\.test$/m);
  });

  it("says what the canary is compared with while there is a baseline", async () => {
    const { metadata, status } = release("Progressing");
    const found = { metadata, status: { ...status, baseline: { replicas: 2, revision: "r1" } } };
    const answers = { [`GET ${one}`]: found, "GET /api/v1/namespaces/test/events": { items: [] } };
    const { out } = await cli(["status", "podinfo", "-n", "test"], answers);
    expect(out).to.match(/^ {2}Baseline: +2 pods of revision r1, compared with the canary$/m);
  });

  it("writes a request as an annotation and shows the kubectl line", async () => {
    const answers = { [`GET ${one}`]: release("Progressing"), [`PATCH ${one}`]: release("Progressing") };
    const { out } = await cli(["abort", "podinfo", "-n", "test", "--reason", "it's bad"], answers);
    const key = "apisix-canary.io/abort";
    expect(JSON.parse(server.seen.at(-1)?.body ?? "")).to.deep.equal({
      metadata: { annotations: { [key]: `it's bad (by ${userInfo().username})` } },
    });
    expect(out).to.contain(
      `kubectl -n test annotate canaryreleases.apisix-canary.io podinfo ${key}='it'\\''s bad (by ${userInfo().username})' --overwrite`,
    );
    for (const [argv, text] of [
      [["promote"], `by ${userInfo().username}`],
      [["promote", "--skip-gates", "--reason", "hotfix"], `--skip-gates hotfix (by ${userInfo().username})`],
    ] as const) {
      await cli([...argv, "podinfo", "-n", "test"], answers);
      expect(server.seen.at(-1)?.body).to.equal(
        JSON.stringify({ metadata: { annotations: { "apisix-canary.io/promote": text } } }),
      );
    }
    await cli(["resume", "podinfo", "-n", "test"], answers);
    expect(server.seen.at(-1)?.body).to.equal('{"metadata":{"annotations":{"apisix-canary.io/pause":null}}}');
  });

  it("leaves no request for a run that is not there, unless forced", async () => {
    const answers = { [`GET ${one}`]: release("Succeeded"), [`PATCH ${one}`]: release("Succeeded") };
    const refused = await cli(["abort", "podinfo", "-n", "test"], answers);
    expect(refused).to.deep.include({ code: 1, out: "" });
    expect(refused.error).to.equal(
      "apisix-canary: podinfo.test is Succeeded: there is nothing to abort (--force writes the request all the same; a run that begins clears it)",
    );
    expect(server.seen.every(({ method }) => method === "GET")).to.equal(true);
    expect((await cli(["abort", "podinfo", "-n", "test", "--force"], answers)).code).to.equal(0);
  });

  it("reports what the last run decided", async () => {
    const answers = { [`GET ${one}`]: release("Failed") };
    const { out } = await cli(["report", "podinfo", "-n", "test"], answers);
    expect(out).to.contain("Verdict:  failed at 2022-11-23T05:00:54Z: success rate 26.76% < 99%");
    const parsed = JSON.parse((await cli(["report", "podinfo", "-n", "test", "-o", "json"], answers)).out) as object;
    expect(parsed).to.have.property("phase", "Failed");
  });

  const wrong: readonly (readonly [readonly string[], string])[] = [
    [["status", "nope", "-n", "test"], "apisix-canary: there is no release nope in namespace test"],
    [["status", "x", "-A"], "apisix-canary: a name belongs to one namespace: use -n NAMESPACE, not -A"],
    [
      ["status", "-n", "test"],
      "apisix-canary: this cluster has no canaryreleases.apisix-canary.io: CanaryPlatform installs them",
    ],
    [["status", "--context", "prod"], 'apisix-canary: the kubeconfig has no context "prod"; it has: x'],
    [["abort"], "error: missing required argument 'name'"],
    [["frobnicate"], "error: unknown command 'frobnicate'"],
    [
      ["status", "-o", "yaml"],
      "error: option '-o, --output <format>' argument 'yaml' is invalid. the only other format is json",
    ],
    [
      ["watch", "--interval", "0"],
      "error: option '--interval <seconds>' argument '0' is invalid. at least 0.2 seconds",
    ],
  ];
  for (const [argv, message] of wrong)
    it(`answers ${argv.join(" ")} in one line`, async () => {
      expect(await cli(argv)).to.deep.equal({ code: 1, out: "", error: message });
    });

  it("watches until it is told to stop, and prints only changes where there is no terminal", async () => {
    const stop = new AbortController();
    const printed: string[] = [];
    let draws = 0;
    const draw = () => {
      if ((draws += 1) === 5) stop.abort();
      return Promise.resolve(draws < 3 ? "a" : "b");
    };
    await watch(draw, { isTerminal: false, print: (text) => void printed.push(text) }, 1, stop.signal);
    expect(printed).to.deep.equal(["a", "b"]);
  });

  it("writes ages as kubectl does", () => {
    const now = Date.parse("2026-01-02T00:00:00Z");
    const ages = ["2026-01-01T23:59:01Z", "2026-01-01T23:57:20Z", "2026-01-01T20:00:00Z", "2025-12-01T00:00:00Z"];
    expect(ages.map((time) => age(time, now))).to.deep.equal(["59s", "2m40s", "4h", "32d"]);
  });
});
