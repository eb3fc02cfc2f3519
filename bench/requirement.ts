/** One figure that the benchmark must show. */
export interface Requirement {
  readonly text: string;
  /** undefined: could not be measured, which is not met. */
  readonly value: number | undefined;
  readonly limit: number;
  readonly met: boolean;
}

export function atMost(text: string, value: number | undefined, limit: number): Requirement {
  return { text, value, limit, met: value !== undefined && value <= limit };
}

/** A list for the results page, and for the terminal. */
export function requirementLines(requirements: readonly Requirement[]): string {
  return requirements
    .map(({ text, value, limit, met }) => {
      const found = value === undefined ? "not measured" : String(Number(value.toPrecision(3)));
      return `- ${met ? "met" : "**missed**"}: ${text}: ${found} (at most ${limit})`;
    })
    .join("\n");
}
