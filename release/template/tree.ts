/** Parts of a pod template whose values may come later: only what is looked at has to be known. */
export type Tree = Readonly<Record<string, unknown>>;

/** What `then` makes of a value: at once, or when it is known. */
export type Lazily = (value: unknown, then: (known: unknown) => unknown) => unknown;

/** Everything is known. */
export const plainly: Lazily = (value, then) => then(value);

export function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The same with another value for each of an object's fields, or of a list's items; anything else as it is. */
export function mapParts(value: unknown, make: (part: unknown, key: string) => unknown): unknown {
  if (Array.isArray(value)) return value.map((each: unknown) => make(each, ""));
  if (!isTree(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, make(each, key)]));
}
