import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { htmlOf } from "../../../release/report/html/index.js";
import type { Report } from "../../../release/report/index.js";
import { recordRun } from "../report/recorded-run.js";
import type { Conditions } from "../report/recorded-run.js";
import {
  Chromium,
  expectCharts,
  expectToBeReadable,
  expectToFit,
  picture,
  readers,
  unfold,
  withoutBrowser,
} from "./chromium.js";

const plots: Readonly<Record<string, Conditions>> = {
  promoted: { analysis: { stepWeightPromotion: 20 } },
  "rolled-back": { canary: { failingShare: 0.03, slowShare: 0 } },
};

/** Names and words as long as they come, where nothing says where to break them. */
function longTexts(report: Report): Report {
  const long = "a-service-with-a-very-long-name".repeat(4);
  const says = { metric: long, sentence: `${long} ${"9".repeat(120)} < 99%` };
  return {
    ...report,
    release: long,
    revision: "f".repeat(63),
    reason: `${long}: ${"x".repeat(300)}`,
    settings: { ...report.settings, image: `registry.example.com/${long}@sha256:${"0".repeat(64)}` },
    announcements: report.announcements.map((each) => ({ ...each, message: long })),
    ticks: report.ticks.map((tick) => ({
      ...tick,
      decision: { ...tick.decision, checks: tick.decision.checks.map((check) => ({ ...check, ...says })) },
    })),
  };
}

describe(`the page of a report in a browser${withoutBrowser}`, function () {
  this.timeout(60_000);
  const test = withoutBrowser === "" ? it : it.skip;
  const chromium = new Chromium();
  const folder = mkdtempSync(path.join(tmpdir(), "canary-page-"));
  const reports: Record<string, Report> = {};

  before(async () => {
    if (withoutBrowser !== "") return;
    for (const [name, plot] of Object.entries(plots)) {
      const { report } = await recordRun(plot);
      reports[name] = {
        ...report,
        settings: { ...report.settings, image: "ghcr.io/stefanprodan/podinfo:6.0.1" },
      };
    }
    await chromium.start();
  });
  after(async () => {
    if (withoutBrowser === "") await chromium.stop();
    rmSync(folder, { recursive: true });
  });

  const fileOf = (name: string, report: Report | undefined): string => {
    if (report === undefined) throw new Error(`no report ${name}`);
    const file = path.join(folder, `${name}.html`);
    writeFileSync(file, htmlOf(report));
    return pathToFileURL(file).href;
  };

  for (const name of Object.keys(plots))
    for (const reader of readers)
      test(`${name}: fits, can be read and shows its charts at ${reader.name}`, async () => {
        const { page, asked, errors } = await chromium.open(fileOf(name, reports[name]), reader);
        await expectToFit(page);
        await expectCharts(page, 3);
        await picture(page, `report-${name}-${reader.width}-${reader.colorScheme}`);
        // Whoever unfolds all of it sees no more of it cut off.
        await unfold(page);
        await expectToFit(page);
        await expectToBeReadable(page);
        expect(await page.textContent("body")).to.contain("ghcr.io/stefanprodan/podinfo:6.0.1");
        expect(asked, "what the page asks for").to.have.length(1);
        expect(errors).to.be.empty;
        await page.close();
      });

  test("follows the reader's night", async () => {
    const grounds = await Promise.all(
      readers.slice(0, 3).map(async (reader) => {
        const { page } = await chromium.open(fileOf("night", reports["promoted"]), reader);
        const colourOf = (selector: string, key: string) =>
          page.evaluate<string>(`getComputedStyle(document.querySelector("${selector}")).${key}`);
        const ground = await colourOf("body", "backgroundColor");
        const colours = [ground, await colourOf(".card", "backgroundColor"), await colourOf(".plot .canary", "stroke")];
        await page.close();
        return colours.join();
      }),
    );
    expect(grounds[0]).to.equal(grounds[1]);
    expect(grounds[0]).not.to.equal(grounds[2]);
  });

  test("breaks what has no room, on a phone", async () => {
    const report = reports["rolled-back"];
    if (report === undefined) throw new Error("no report");
    for (const reader of readers.filter(({ width }) => width === 390)) {
      const { page } = await chromium.open(fileOf("long", longTexts(report)), reader);
      await unfold(page);
      await expectToFit(page);
      await page.close();
    }
  });
});
