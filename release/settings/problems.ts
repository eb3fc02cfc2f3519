import { z } from "zod";
import { nearestName } from "./nearest.js";

/** One thing wrong with the input: where (property path) and what. */
export interface Problem {
  readonly path: string;
  readonly message: string;
  /** A name that the schema does not know, and the known one that was most likely meant. */
  readonly unknown?: { readonly nearest: string | undefined };
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
  const parsed = schema.safeParse(input, { error: rememberKnownNames });
  if (parsed.success) return { kind: "valid", settings: parsed.data };
  const known = parsed.error.issues.filter((issue) => !restsOnUnknown(input, issue, isUnknown));
  return known.length === 0
    ? { kind: "incomplete" }
    : { kind: "invalid", problems: known.flatMap((issue) => problemsOf(issue)) };
}

/** By the list of unknown names in an issue: the names that its schema knows. An issue itself does not hold its schema. */
const knownNames = new WeakMap<readonly string[], readonly string[]>();

function rememberKnownNames(issue: z.core.$ZodRawIssue): undefined {
  if (issue.code === "unrecognized_keys" && issue.inst instanceof z.ZodObject)
    knownNames.set(issue.keys, Object.keys(issue.inst.shape));
}

/** All problems in one line, for an error message. */
export function inOneLine(problems: readonly Problem[]): string {
  return problems.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ");
}

type Path = readonly PropertyKey[];

function problemsOf(issue: z.core.$ZodIssue, at: Path = []): readonly Problem[] {
  const path = [...at, ...issue.path];
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => unknownName(pathText([...path, key]), key, knownNames.get(issue.keys) ?? []));
  if (issue.code === "invalid_key")
    return issue.issues.map(({ message }) => ({ path: pathText(path), message: readable(message) }));
  if (issue.code === "invalid_union") return unionProblems(issue, path);
  return [{ path: pathText(path), message: readable(issue.message) }];
}

function unknownName(path: string, key: string, known: readonly string[]): Problem {
  const nearest = nearestName(key, known);
  const hint = nearest === undefined ? "" : `: did you mean "${nearest}"?`;
  return { path, message: `is not a known setting${hint}`, unknown: { nearest } };
}

/** Of a union's branches, the one that came furthest says best what is wrong. */
function unionProblems(issue: z.core.$ZodIssueInvalidUnion, path: Path): readonly Problem[] {
  const branches = issue.errors.map((branch) => ({
    // A branch that was not even entered knows nothing.
    entered: !branch.some((each) => each.code === "invalid_union" && each.errors.length === 0),
    problems: branch.flatMap((each) => problemsOf(each, path)),
  }));
  const [best] = branches.toSorted(
    (a, b) => Number(b.entered) - Number(a.entered) || a.problems.length - b.problems.length,
  );
  if (best === undefined || best.problems.length === 0)
    return [{ path: pathText(path), message: readable(issue.message) }];
  return best.problems;
}

function readable(message: string): string {
  return message
    .replace(/^Invalid input: expected (\w+), received undefined$/, "is missing (needs a $1)")
    .replace(/\s+/g, " ");
}

/** An unknown value in it or above it may be the reason; a name, though, is wrong whatever its neighbours turn out to be. */
function restsOnUnknown(input: unknown, issue: z.core.$ZodIssue, isUnknown: IsUnknown): boolean {
  let value = input;
  for (const part of issue.path) {
    if (isUnknown(value)) return true;
    value = typeof value === "object" && value !== null ? Reflect.get(value, part) : undefined;
  }
  return issue.code === "unrecognized_keys" ? isUnknown(value) : containsUnknown(value, isUnknown);
}

function containsUnknown(value: unknown, isUnknown: IsUnknown): boolean {
  if (isUnknown(value)) return true;
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some((each) => containsUnknown(each, isUnknown));
}

/** `analysis.match[0].headers`, as problems name a property. */
export function pathText(path: Path): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === "number" ? `${text}[${part}]` : text === "" ? String(part) : `${text}.${String(part)}`,
    "",
  );
}
