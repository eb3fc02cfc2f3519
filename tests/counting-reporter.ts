import { appendFileSync } from "node:fs";
import Mocha from "mocha";

/** Mocha's own `spec` output, and one line of totals to the file that the runner names. */
class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    runner.once("end", () => {
      const file = process.env["TEST_TOTALS_FILE"];
      const { passes, failures, pending } = this.stats;
      if (file !== undefined) appendFileSync(file, `${JSON.stringify({ passes, failures, pending })}\n`);
    });
  }
}

export = CountingReporter;
