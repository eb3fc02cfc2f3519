import type { Split } from "../model/index.js";

export type { Split };

/** At rest, and after every end: nobody reaches the canary by any rule. */
export const restSplit: Split = { base: 0 };

/** With every field said, so that two splits can be compared. */
function wholeSplit(split: Split): Required<Split> {
  return { matched: 0, preview: 0, mirrorPercent: 0, bucketsPercent: 0, ...split };
}

export function sameSplit(a: Split, b: Split): boolean {
  const [one, other] = [wholeSplit(a), wholeSplit(b)];
  return splitFields.every((field) => one[field] === other[field]);
}

const splitFields = ["base", "matched", "preview", "mirrorPercent", "bucketsPercent"] as const;

/** Whether nothing of a canary is left at the gateway, mirrors and previews included. */
export function isAtRest(split: Split): boolean {
  return sameSplit(split, restSplit);
}

/** The share that people are shown as WEIGHT: of all users, or, A/B, 100 while the matching ones are there; percent. */
export function shownWeight({ base, matched = 0, bucketsPercent = 0 }: Split): number {
  return Math.max(base, matched, bucketsPercent);
}

/** Whether any user is sent to the canary: copies and previews are no users. */
export function hasUsers(split: Split): boolean {
  return shownWeight(split) > 0;
}

/** For messages: `10%`, `matched users`, `mirror 20%`, `preview`. */
export function splitText(split: Split): string {
  const { base, matched = 0, preview = 0, mirrorPercent = 0, bucketsPercent = 0 } = split;
  const parts = [
    ...(bucketsPercent > 0 ? [`${bucketsPercent}% of sessions`] : []),
    ...(matched > 0 ? ["matched users"] : []),
    ...(mirrorPercent > 0 ? [`mirror ${mirrorPercent}%`] : []),
    ...(preview > 0 ? ["preview"] : []),
  ];
  return base > 0 || parts.length === 0 ? [`${base}%`, ...parts].join(", ") : parts.join(", ");
}

/** No field of the first is above that of the second. */
export function isWithin(split: Split, highest: Split): boolean {
  const [one, most] = [wholeSplit(split), wholeSplit(highest)];
  return splitFields.every((field) => one[field] <= most[field]);
}

/** The least split that all of these are within. */
export function highestSplit(splits: readonly Split[]): Split {
  const all = splits.map(wholeSplit);
  const most = (field: (typeof splitFields)[number]): number => Math.max(0, ...all.map((each) => each[field]));
  const allOrNothing = (field: "matched" | "preview"): 0 | 100 => (most(field) > 0 ? 100 : 0);
  return withoutRest({
    base: most("base"),
    matched: allOrNothing("matched"),
    preview: allOrNothing("preview"),
    mirrorPercent: most("mirrorPercent"),
    bucketsPercent: most("bucketsPercent"),
  });
}

/** As short as it can be said: fields of rules that rest are left out. */
export function withoutRest(split: Split): Split {
  const { base, matched = 0, preview = 0, mirrorPercent = 0, bucketsPercent = 0 } = split;
  return {
    base,
    ...(matched === 0 ? {} : { matched }),
    ...(preview === 0 ? {} : { preview }),
    ...(mirrorPercent === 0 ? {} : { mirrorPercent }),
    ...(bucketsPercent === 0 ? {} : { bucketsPercent }),
  };
}

/** Backend weights of a rule for a share of the canary, as whole numbers: 10% is 10/90, 0.1% is 1/999, 12.25% 1225/8775. */
export function weightsFor(percent: number): { readonly canary: number; readonly primary: number } {
  const scale = [1, 10, 100].find((each) => isWhole(percent * each)) ?? 100;
  const canary = Math.round(percent * scale);
  return { canary, primary: 100 * scale - canary };
}

/** The canary's share that weights mean, percent, rounded to 0.01; 0 where both are 0. */
export function shareOfWeights(canary: number, primary: number): number {
  const total = canary + primary;
  return total === 0 ? 0 : Math.round((10_000 * canary) / total) / 100;
}

function isWhole(value: number): boolean {
  return Math.abs(value - Math.round(value)) < 1e-9;
}

/** The share of the canary in what users ask, percent; undefined where it depends on who comes, or where no user is there. */
export function knownShare(split: Split): number | undefined {
  const { base, matched, preview, mirrorPercent, bucketsPercent } = wholeSplit(split);
  if (matched > 0 || bucketsPercent > 0) return undefined;
  return base === 0 && (preview > 0 || mirrorPercent > 0) ? undefined : base;
}
