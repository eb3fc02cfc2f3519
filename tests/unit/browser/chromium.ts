import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { chromium } from "playwright-core";
import type { BrowserContext, Page } from "playwright-core";

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
/** What has been seen, for people to look at. */
const pictures = path.resolve(__dirname, "../../../screenshots");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** "" where there is a browser; else why tests that need one are skipped, for their titles. */
export const withoutBrowser = existsSync(executablePath)
  ? ""
  : ` (skipped: there is no ${executablePath}; install Debian's chromium or set CHROMIUM)`;

/** What a reader has: how wide a screen, and whether their system is dark. */
export const readers = (["light", "dark"] as const).flatMap((colorScheme) =>
  [1280, 390].map((width) => ({ colorScheme, width, name: `${width} px, ${colorScheme}` })),
);
export type Reader = (typeof readers)[number];

/** Debian's Chromium with a new, empty profile. */
export class Chromium {
  private profile = "";
  private context: BrowserContext | undefined;

  async start(): Promise<void> {
    this.profile = mkdtempSync(path.join(tmpdir(), "canary-chromium-"));
    this.context = await chromium.launchPersistentContext(this.profile, {
      executablePath,
      // Our pages forbid scripts: what looks at them must get in all the same.
      bypassCSP: true,
      args: [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    });
  }

  async stop(): Promise<void> {
    await this.context?.close();
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }

  /** A page as this reader sees it; told of everything it asks for beside itself, and of every error. */
  async open(url: string, { width, colorScheme }: Reader): Promise<Opened> {
    if (this.context === undefined) throw new Error("the browser is not started");
    const page = await this.context.newPage();
    const asked: string[] = [];
    const errors: string[] = [];
    page.on("request", (request) => void asked.push(request.url()));
    page.on("pageerror", (error) => void errors.push(error.message));
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    await page.goto(url);
    return { page, asked, errors };
  }
}

export interface Opened {
  readonly page: Page;
  readonly asked: readonly string[];
  readonly errors: readonly string[];
}

/** Into `dist/screenshots`. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage: true });
}

/** Nothing is cut off at the right, nor has to be pulled into view. */
export async function expectToFit(page: Page): Promise<void> {
  const [needed, given] = await page.evaluate<[number, number]>(
    "[document.documentElement.scrollWidth, window.innerWidth]",
  );
  expect(needed, "width of the page").to.be.at.most(given);
}

/** No finding of axe: contrast of every text with its ground, names, roles. */
export async function expectToBeReadable(page: Page): Promise<void> {
  await page.evaluate(axe);
  const { violations, passes } = await page.evaluate<Found>("axe.run()");
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} (${nodes.length})`)).to.deep.equal([]);
  expect(passes.map(({ id }) => id)).to.include("color-contrast");
}

interface Finding {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

interface Found {
  readonly violations: readonly Finding[];
  readonly passes: readonly Finding[];
}

/** Runs in the page, where there are types of its own. */
const chartsInPage = `[...document.querySelectorAll(".plot svg")].map((svg) => {
  const room = svg.getBoundingClientRect();
  const widths = [...svg.querySelectorAll(".weight, .canary, .primary")].map((line) => line.getBoundingClientRect().width);
  const labels = [...svg.parentElement.querySelectorAll("span")];
  return {
    width: room.width,
    height: room.height,
    drawn: widths.filter((width) => width > room.width / 10).length,
    labels: labels.map((label) => parseFloat(getComputedStyle(label).fontSize)),
  };
})`;

interface DrawnChart {
  readonly width: number;
  readonly height: number;
  readonly drawn: number;
  readonly labels: readonly number[];
}

/** Whoever unfolds everything. */
export async function unfold(page: Page): Promise<void> {
  await page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))");
}

/** Whether the charts have been drawn: lines with an extent of their own, in the colours of the page's mode. */
export async function expectCharts(page: Page, count: number): Promise<void> {
  const charts = await page.evaluate<readonly DrawnChart[]>(chartsInPage);
  expect(charts).to.have.length(count);
  for (const { width, height, drawn, labels } of charts) {
    expect(width).to.be.greaterThan(200);
    expect(height).to.be.greaterThan(100);
    expect(drawn).to.be.greaterThan(0);
    expect(labels.length).to.be.greaterThan(4);
    expect(Math.min(...labels), "size of the labels").to.be.at.least(12);
  }
}
