import { Option } from "commander";
import type { Command } from "commander";

/** Comma-separated, or one word after the other. */
const names = (text: string, before: readonly string[] = []): readonly string[] => [...before, ...text.split(",")];

/** The options of the part in the sandbox, which both programs take. */
export function withRealOptions(command: Command): Command {
  return command
    .option(
      "--story <names...>",
      "only these stories: promote, rollback, steps-promote, ab-promote, ab-rollback, …, train-rollback, or a strategy's: ab, blue-green",
      names,
    )
    .option("--seed <n>", "real: of the random cases", Number)
    .option("--random <n>", "real: number of random cases", Number)
    .option("--only <names>", "real: comma-separated faults, fault@point, random, strategies, or series", (text) =>
      text.split(","),
    )
    .option("--short", "real: a handful of the most dangerous cases")
    .option("--skip-long", "real: without the five minutes without an API server")
    .addOption(
      new Option("--strikes <whom>", "real: only faults that strike one release, or everybody").choices([
        "one",
        "everybody",
      ]),
    )
    .option("--lanes <n>", "real: releases at the same time", Number)
    .option("--series <n>", "real: promotions, and as many rollbacks, in a row", Number)
    .option("--series-per-second <n>", "real: requests per second of the series", Number);
}
