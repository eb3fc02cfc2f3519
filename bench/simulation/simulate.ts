import { flagger } from "./flagger.js";
import type { Outcome } from "./outcome.js";
import { ours } from "./ours.js";
import { releaseOf } from "./scenarios.js";
import type { ScenarioName } from "./scenarios.js";

export interface Chunk {
  readonly scenario: ScenarioName;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
}

export interface Simulated {
  readonly chunk: Chunk;
  readonly ours: readonly Outcome[];
  readonly flagger: readonly Outcome[];
}

/** Both rules on the same releases. */
export function simulate(chunk: Chunk): Simulated {
  const releases = Array.from({ length: chunk.to - chunk.from }, (_, offset) =>
    releaseOf(chunk.scenario, chunk.from + offset, chunk.seed),
  );
  return { chunk, ours: releases.map((release) => ours(release)), flagger: releases.map(flagger) };
}
