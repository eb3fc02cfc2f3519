// Stand-in for Apache APISIX 3.17: how metrics are named in the dictionary and on the page.

/** `name{label="value",…}` with the escapes of the text format. */
export function fullName(name: string, labels: readonly string[], values: readonly string[]): string {
  if (labels.length === 0) {
    return name;
  }
  return `${name}{${labels.map((label, index) => `${label}="${escape(values[index] ?? "")}"`).join(",")}}`;
}

/** Bounds in the dictionary are padded with zeros, so that they sort as numbers. */
export interface BucketFormat {
  readonly width: number;
  readonly decimals: number;
}

export function bucketFormat(bounds: readonly number[]): BucketFormat {
  const parts = bounds.map((bound) => bound.toFixed(6).replace(/0*$/, "").split("."));
  const whole = Math.max(1, ...parts.map(([before]) => before?.length ?? 0));
  const decimals = Math.max(1, ...parts.map(([, after]) => after?.length ?? 0));
  return { width: whole + decimals + 1, decimals };
}

/** Keys of one histogram: count, sum, the buckets in order, and the one above all bounds. */
export function histogramKeys(
  name: string,
  labelText: string,
  bounds: readonly number[],
  format: BucketFormat,
): readonly string[] {
  const start = `${name}_bucket${labelText.slice(0, -1)},`;
  const padded = bounds.map((bound) => bound.toFixed(format.decimals).padStart(format.width, "0"));
  return [
    `${name}_count${labelText}`,
    `${name}_sum${labelText}`,
    ...[...padded, "Inf"].map((bound) => `${start}le="${bound}"}`),
  ];
}

/** The key as the page shows it: bounds without padding. */
export function shownKey(key: string): string {
  return key.replace(/([,{]le=")([^"]*)"/, (_all, before: string, bound: string) => {
    const text = bound === "Inf" ? "+Inf" : String(Number(bound));
    return `${before}${text}"`;
  });
}

/** 14 significant digits, as Lua writes numbers. */
export function numberText(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(14)));
}

function escape(value: string): string {
  return /[\\"\n]/.test(value) ? value.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n") : value;
}
