/** One line of a metrics page. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metrics page: samples by name and labels in the order of the labels' names, and what it says about each metric. */
export interface Page {
  readonly samples: ReadonlyMap<string, Sample>;
  readonly headings: ReadonlySet<string>;
}

/** Reads the text format. Throws for a line that is none, and for one that is there twice. */
export function readPage(text: string): Page {
  const samples = new Map<string, Sample>();
  const headings = new Set<string>();
  for (const line of text.split("\n").filter((each) => each !== "")) {
    if (line.startsWith("#")) {
      headings.add(line);
      continue;
    }
    const [, name = "", labelText = "", value = ""] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    const labels = Object.fromEntries(
      [...labelText.matchAll(/(\w+)="((?:\\.|[^"\\])*)"/g)].map(([, k = "", v = ""]) => [k, v]),
    );
    const sample = { name, labels, value: Number(value) };
    const key = keyOf(sample);
    if (name === "" || Number.isNaN(sample.value) || samples.has(key)) {
      throw new Error(`not a sample, or one that was there before: ${line}`);
    }
    samples.set(key, sample);
  }
  return { samples, headings };
}

function keyOf({ name, labels }: Omit<Sample, "value">): string {
  const text = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${name}{${text.map(([label, value]) => `${label}="${value}"`).join(",")}}`;
}
