import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import type { Page } from "playwright-core";
import { closeServers } from "../adapters/fixture.js";
import { Cinema, film } from "../dashboard/film.js";
import { endAll, listen } from "../dashboard/player.js";
import {
  Chromium,
  expectCharts,
  expectToBeReadable,
  expectToFit,
  picture,
  readers,
  withoutBrowser,
} from "./chromium.js";

const wide = { width: 1280, colorScheme: "light", name: "" } as const;

describe(`the dashboard in a browser, while a release runs${withoutBrowser}`, function () {
  this.timeout(60_000);
  const test = withoutBrowser === "" ? it : it.skip;
  const chromium = new Chromium();
  let good: Awaited<ReturnType<typeof film>>;
  let bad: Awaited<ReturnType<typeof film>>;

  before(async () => {
    if (withoutBrowser !== "") return;
    good = await film({ failingShare: 0, slowShare: 0 });
    bad = await film({ failingShare: 0.04, slowShare: 0 }, (world) =>
      world.clock.at(30_000, () => (world.object!.commands["pause"] = "looking at the shop's graphs (by anna)")),
    );
    await chromium.start();
  });
  afterEach(async () => {
    await endAll();
    await closeServers();
  });
  after(async () => {
    if (withoutBrowser === "") await chromium.stop();
  });

  const textOf = async (page: Page, selector: string): Promise<string> => (await page.textContent(selector)) ?? "";
  const until = (page: Page, selector: string, text: string) =>
    page.waitForFunction(
      `document.querySelector(${JSON.stringify(selector)})?.textContent.includes(${JSON.stringify(text)})`,
    );

  test("shows a release from its first step to its promotion, without being loaded again", async () => {
    const { cinema, server } = await Cinema.open(good);
    const shown = await listen(server, ["podinfo", "-n", "test"]);
    const { page, errors } = await chromium.open(shown.url, wide);
    await page.evaluate("globalThis.loadedOnce = true");
    for (const weight of [10, 30, 50]) {
      cinema.moveTo(({ status }) => status.canaryWeight === weight);
      await until(page, "#now", `${weight}%`);
      expect(await textOf(page, "#head")).to.contain("Progressing");
    }
    cinema.moveTo(({ report }) => (report?.ticks.length ?? 0) > 20);
    await page.waitForSelector(".plot svg .mark", { state: "attached" });
    await expectCharts(page, 3);
    expect(await textOf(page, "#steps")).to.contain("apisix-canary abort podinfo -n test");
    cinema.moveToEnd();
    await until(page, "#head", "Succeeded");
    await until(page, "#charts", "Last run");
    expect(await textOf(page, "#decisions")).to.contain("primary");
    expect(await page.evaluate("globalThis.loadedOnce")).to.equal(true);
    expect(errors).to.be.empty;
    await page.close();
  });

  for (const reader of readers)
    test(`fits and can be read at ${reader.name}`, async () => {
      const { cinema, server } = await Cinema.open(bad);
      cinema.moveTo(({ commands, report }) => commands["pause"] !== undefined && (report?.ticks.length ?? 0) > 12);
      const shown = await listen(server, ["-n", "test"]);
      const { page, errors, asked } = await chromium.open(shown.url, reader);
      await page.waitForSelector(".release");
      expect(await page.$$(".release")).to.have.length(2);
      await expectToFit(page);
      await expectToBeReadable(page);
      await picture(page, `dashboard-releases-${reader.width}-${reader.colorScheme}`);
      await page.click(".release");
      await page.waitForSelector(".plot svg .mark", { state: "attached" });
      await expectToFit(page);
      await expectCharts(page, 3);
      await expectToBeReadable(page);
      await until(page, "#head", "pause is asked for: looking at the shop's graphs (by anna)");
      await picture(page, `dashboard-running-${reader.width}-${reader.colorScheme}`);
      cinema.moveToEnd();
      await until(page, "#head", "Failed");
      await until(page, "#charts", "Last run");
      await picture(page, `dashboard-failed-${reader.width}-${reader.colorScheme}`);
      expect(errors).to.be.empty;
      expect(new Set(asked.map((url) => new URL(url).origin)).size, "hosts that were asked").to.equal(1);
      await page.close();
    });

  test("says when it hears nothing any more", async () => {
    const { server } = await Cinema.open(good);
    const shown = await listen(server, ["-n", "test"]);
    const { page } = await chromium.open(shown.url, wide);
    await until(page, "#live", "live");
    await shown.end();
    await until(page, "#live", "connection lost");
    await page.close();
  });

  test("can't be reached by a page of somebody else", async () => {
    const { server } = await Cinema.open(good);
    const shown = await listen(server, ["-n", "test"]);
    const { port } = new URL(shown.url);
    const { page } = await chromium.open("about:blank", wide);
    // What a foreign page gets that guesses the port: no frame, no answer it may read.
    const read = await page.evaluate<string>(
      `fetch("http://localhost:${port}/").then((answer) => answer.text(), () => "refused")`,
    );
    expect(read).to.equal("refused");
    await sleep(50);
    await page.close();
  });
});
