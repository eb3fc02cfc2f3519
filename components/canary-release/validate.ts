import { check, inOneLine } from "../../release/settings/index.js";
import type { Problem } from "../../release/settings/index.js";
import { isComputed, isUnknownMark, knownOf, withoutSecrets } from "../arguments/index.js";
import type { CanaryReleaseArgs } from "./args.js";
import { schema } from "./schema.js";

/**
 * Looks at everything that is plain in the program's arguments before any resource is registered.
 * Throws an Error whose one line names each property and what is wrong with it.
 */
export function validateArgs(name: string, args: CanaryReleaseArgs): void {
  const problems = [...computedStructure(args), ...argsProblems(name, args)];
  if (problems.length > 0) throw new Error(inOneLine(problems));
}

/**
 * The same once its outputs are known, as far as they are: what is in them may be anything. What is secret is not in the
 * message.
 */
export async function validateKnown(name: string, args: CanaryReleaseArgs): Promise<void> {
  const { platform, ...others } = args;
  const { value, secrets } = await knownOf(others);
  const problems = [
    ...argsProblems(name, { ...asObject(value), ...(platform === undefined ? {} : { platform }) }),
    ...hiddenStructure(args, value),
  ];
  if (problems.length === 0) return;
  throw new Error(inOneLine(problems.map((each) => ({ ...each, message: withoutSecrets(each.message, secrets) }))));
}

/** What is wrong with arguments that may be anything. */
export function argsProblems(name: unknown, args: object): readonly Problem[] {
  const platform = "platform" in args && args.platform !== undefined ? { platform: true } : {};
  const own = "name" in args && args.name !== undefined ? args.name : name;
  const checked = check(schema, { ...args, name: own, ...platform }, isUnknown);
  return checked.kind === "invalid" ? checked.problems : [];
}

function isUnknown(value: unknown): boolean {
  return isComputed(value) || isUnknownMark(value);
}

/** What decides which resources there are, and what they are called. */
const structure = [
  ["name"],
  ["metadata"],
  ["deployment"],
  ["service"],
  ["service", "name"],
  ["route"],
  ["route", "name"],
  ["route", "tls"],
  ["routeRef"],
  ["routeRef", "name"],
  ["autoscaler"],
  ["analysis", "baseline"],
  ["platform"],
  ["configs"],
  ["secrets"],
  ["trackConfiguration"],
  ["adopt"],
  ["revertOnDeletion"],
] as const;

function computedStructure(args: object): readonly Problem[] {
  return structure.flatMap((path) => {
    const value = path.reduce<unknown>((at, key) => (isComputed(at) ? undefined : asObject(at)[key]), args);
    const message = "must not be an output itself, since it decides which resources there are";
    return isComputed(value) ? [{ path: path.join("."), message }] : [];
  });
}

/** What is said within an output came too late to decide anything. */
function hiddenStructure({ analysis }: CanaryReleaseArgs, known: unknown): readonly Problem[] {
  const { baseline } = asObject(asObject(known)["analysis"]);
  if (!isComputed(analysis) || baseline === undefined || baseline === false) return [];
  const message =
    "must not be within an output, since it decides which resources there are: make analysis itself plain";
  return [{ path: "analysis.baseline", message }];
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
