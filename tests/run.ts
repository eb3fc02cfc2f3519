import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Command, Option } from "commander";
import { imagesHelp, imagesVariable } from "../sandbox/images/index.js";
import { runInside, startSandbox, stopSandbox } from "../sandbox/machine/index.js";
import { environmentOf, prepareLanguages } from "./e2e/harness/languages.js";
import { installPackage } from "./e2e/harness/packed.js";

// `node dist/tests/run.js [unit|e2e] [--images FILE]`: all tests, the end-to-end ones inside a sandbox of their own, and
// those that look at it from outside.

const command = new Command("tests")
  .argument("[which]", "unit or e2e; default: both")
  .addOption(new Option("--images <file>", imagesHelp).env(imagesVariable))
  .parse();
const options = command.opts<{ readonly images?: string }>();

const root = path.resolve(__dirname, "../..");
const sandboxName = "test";
const reporter = path.join(__dirname, "counting-reporter.js");
const scratch = mkdtempSync(path.join(tmpdir(), "canary-tests-"));
const totalsFile = path.join(scratch, "totals");

function mochaArguments(patterns: readonly string[], extra: readonly string[]): readonly string[] {
  const files = patterns.map((pattern) => path.join(__dirname, pattern));
  return [path.join(root, "node_modules/mocha/bin/mocha.js"), "--reporter", reporter, ...extra, ...files];
}

function runPlainly(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--enable-source-maps", ...argv], {
      stdio: ["ignore", "inherit", "inherit"],
      cwd: root,
      env: { ...process.env, TEST_TOTALS_FILE: totalsFile, ...env },
    });
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

async function unitTests(): Promise<number> {
  return runPlainly(
    mochaArguments(
      ["unit/**/*.test.js", "components/**/*.test.js", "conformance/*.test.js"],
      ["--timeout", "60000", "--parallel", "--jobs", "2"],
    ),
  );
}

async function endToEndTests(images: string | undefined): Promise<number> {
  const abort = new AbortController();
  process.once("SIGINT", () => abort.abort(new Error("interrupted")));
  const progress = (line: string): void => console.log(`  ${line}`);
  await stopSandbox({ name: sandboxName });
  installPackage(progress);
  await startSandbox({ name: sandboxName, images, flagger: true, progress, signal: abort.signal });
  const languages = await prepareLanguages(progress);
  try {
    const env = { TEST_TOTALS_FILE: totalsFile, ...environmentOf(languages) };
    const options = { name: sandboxName, env, cwd: root };
    const node = [process.execPath, "--enable-source-maps"];
    // What a test that ran out of time left running must not keep the others from running.
    const slow = ["--timeout", "240000", "--exit"];
    const empty = await runInside([...node, ...mochaArguments(["e2e/empty/*.test.js"], slow)], options);
    const deployed = await runInside([...node, path.join(__dirname, "e2e/harness/deploy-platform.js")], options);
    if (deployed !== 0) throw new Error("the platform could not be deployed into the sandbox");
    const extra = [...slow, "--parallel", "--jobs", "3"];
    const together = await runInside(
      [...node, ...mochaArguments(["e2e/*.test.js", "e2e/strategies/*.test.js"], extra)],
      options,
    );
    const outside = await runPlainly(mochaArguments(["outside/*.test.js"], ["--timeout", "60000"]), {
      TEST_SANDBOX: sandboxName,
    });
    const alone = await runInside([...node, ...mochaArguments(["e2e/alone/*.test.js"], slow)], options);
    return empty || together || outside || alone;
  } finally {
    await stopSandbox({ name: sandboxName });
    await languages.remove();
  }
}

interface Totals {
  readonly passes: number;
  readonly failures: number;
  readonly pending: number;
}

function isTotals(value: unknown): value is Totals {
  return typeof value === "object" && value !== null && "passes" in value && "failures" in value && "pending" in value;
}

/** A run of Mocha that ended without its totals counts as one failure: silence is not success. */
function sumUp(runs: number): Totals {
  const lines = readFileSync(totalsFile, { encoding: "utf8", flag: "a+" }).split("\n").filter(Boolean);
  const parts = lines.map((line): unknown => JSON.parse(line)).filter(isTotals);
  const sum = (key: keyof Totals): number => parts.reduce((total, part) => total + part[key], 0);
  return { passes: sum("passes"), failures: sum("failures") + (runs - parts.length), pending: sum("pending") };
}

interface Suite {
  readonly run: () => Promise<number>;
  /** Runs of Mocha in it, each with its own totals. */
  readonly runs: number;
}

const unit: Suite = { run: unitTests, runs: 1 };
const suites = { unit: [unit], e2e: [endToEnd()], all: [unit, endToEnd()] };

function endToEnd(): Suite {
  return { run: () => endToEndTests(options.images), runs: 4 };
}

async function main(): Promise<void> {
  const [which] = command.args;
  const chosen = which === "unit" || which === "e2e" ? suites[which] : suites.all;
  const codes: number[] = [];
  for (const suite of chosen) {
    codes.push(
      await suite.run().catch((error: unknown) => {
        console.error(error instanceof Error ? error.message : String(error));
        return 1;
      }),
    );
  }
  const totals = sumUp(chosen.reduce((sum, { runs }) => sum + runs, 0));
  rmSync(scratch, { recursive: true, force: true });
  const skipped = totals.pending > 0 ? `, ${totals.pending} skipped` : "";
  console.log(`${totals.passes} passed, ${totals.failures} failed${skipped}`);
  process.exit(codes.some((code) => code !== 0) || totals.failures > 0 ? 1 : 0);
}

void main();
