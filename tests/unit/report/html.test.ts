import { expect } from "chai";
import { htmlOf } from "../../../release/report/html/index.js";
import { readReport } from "../../../release/report/index.js";
import { recordRun } from "./recorded-run.js";

const hostile = `<script>alert("x")</script><img src=x onerror=alert(1)>' " & </svg></style>`;

describe("the page of a report", () => {
  it("shows charts and decisions, and loads nothing", async () => {
    const { report } = await recordRun({ canary: { failingShare: 0.1, slowShare: 0 } });
    const html = htmlOf(report);
    expect(html.match(/<svg /g)).to.have.length(3);
    expect(html).to.contain("Success rate, last 10s").and.to.contain("Latency, 99th percentile, last 10s");
    expect(html).to.contain("limit 99").and.to.contain("limit 500");
    const sentence = report.ticks.at(-1)?.decision.sentence ?? "";
    expect(sentence).to.match(/success rate/);
    expect(html).to.contain(sentence.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;"));
    expect(html).not.to.match(/<script|<link|<iframe|@import|src=|href="(?!#)/i);
    expect(html.replaceAll(/xmlns(:xlink)?="[^"]*"/g, "")).not.to.match(/https?:\/\/(?!redacted\.invalid)/);
  });

  it("escapes whatever others wrote", async () => {
    const { report } = await recordRun({
      analysis: { metrics: [{ name: "request-success-rate", thresholdRange: { min: 99 } }] },
    });
    const poisoned = JSON.stringify(report, (key: string, value: unknown) => {
      const free = ["release", "namespace", "revision", "reason", "message", "sentence", "metric", "node", "startedBy"];
      return free.includes(key) && typeof value === "string" ? hostile : value;
    });
    const html = htmlOf({ ...report, ...pickTexts(poisoned), settings: { evil: hostile, [hostile]: 1 } });
    expect(html).to.contain("&lt;script&gt;");
    expect(html).not.to.contain("<script").and.not.to.contain("<img").and.not.to.contain("</svg></style>");
    expect(html.match(/<\/svg>/g)).to.have.length(3);
    expect(html.match(/<\/style>/g)?.length).to.equal(html.match(/<style/g)?.length);
  });

  it("does without charts where nothing was checked", async () => {
    const { json } = await recordRun({ meanwhile: (world) => world.clock.at(700, () => world.command("abort", "no")) });
    const report = readReport(json);
    expect(report.ticks).to.be.empty;
    const html = htmlOf(report);
    expect(html).not.to.contain("<svg");
    expect(html).to.contain("aborted on request: no");
  });
});

function pickTexts(json: string) {
  const { release, namespace, revision, reason, announcements, ticks } = JSON.parse(json) as Awaited<
    ReturnType<typeof recordRun>
  >["report"];
  return { release, namespace, revision, reason, announcements, ticks };
}
