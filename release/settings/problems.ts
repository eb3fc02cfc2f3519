import type { z } from "zod";

/** One thing wrong with the input: where (property path) and what. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** A value that is not known yet (in a preview, or an output of another resource). */
export type IsUnknown = (value: unknown) => boolean;

export type Checked<T> =
  | { readonly kind: "valid"; readonly settings: T }
  | { readonly kind: "invalid"; readonly problems: readonly Problem[] }
  /** Nothing wrong as far as it is known. */
  | { readonly kind: "incomplete" };

/** Parses user input at the border; problems at values that are still unknown are not held against the user. */
export function check<S extends z.ZodType>(
  schema: S,
  input: unknown,
  isUnknown: IsUnknown = () => false,
): Checked<z.output<S>> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return { kind: "valid", settings: parsed.data };
  const known = parsed.error.issues.filter((issue) => !touchesUnknown(input, issue.path, isUnknown));
  return known.length === 0 ? { kind: "incomplete" } : { kind: "invalid", problems: known.flatMap(problemsOf) };
}

/** All problems in one line, for an error message. */
export function inOneLine(problems: readonly Problem[]): string {
  return problems.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ");
}

function problemsOf(issue: z.core.$ZodIssue): readonly Problem[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({ path: pathText([...issue.path, key]), message: "is not a known setting" }));
  if (issue.code === "invalid_union") return unionProblems(issue);
  return [{ path: pathText(issue.path), message: readable(issue.message) }];
}

/** Of a union's branches, the one that came furthest says best what is wrong. */
function unionProblems(issue: z.core.$ZodIssueInvalidUnion): readonly Problem[] {
  const branches = issue.errors.map((branch) =>
    branch.flatMap((each) => problemsOf({ ...each, path: [...issue.path, ...each.path] })),
  );
  const best = branches.toSorted((a, b) => a.length - b.length)[0] ?? [];
  return best.length === 0 ? [{ path: pathText(issue.path), message: readable(issue.message) }] : best;
}

function readable(message: string): string {
  return message
    .replace(/^Invalid input: expected (\w+), received undefined$/, "is missing (needs a $1)")
    .replace(/\s+/g, " ");
}

function touchesUnknown(input: unknown, path: readonly PropertyKey[], isUnknown: IsUnknown): boolean {
  let value = input;
  for (const part of path) {
    if (isUnknown(value)) return true;
    value = typeof value === "object" && value !== null ? Reflect.get(value, part) : undefined;
  }
  return containsUnknown(value, isUnknown);
}

function containsUnknown(value: unknown, isUnknown: IsUnknown): boolean {
  if (isUnknown(value)) return true;
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some((each) => containsUnknown(each, isUnknown));
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === "number" ? `${text}[${part}]` : text === "" ? String(part) : `${text}.${String(part)}`,
    "",
  );
}
