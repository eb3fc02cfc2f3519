import { releaseOf } from "./canary.js";
import { pathText, property, readManifests } from "./documents.js";
import type { ManifestObject } from "./documents.js";
import { originsOf } from "./draft.js";
import type { Draft, Origin } from "./draft.js";
import { Library } from "./library.js";
import type { SecretSource } from "./library.js";
import { doubtsOfTemplate } from "./metrics.js";
import { Reader } from "./reader.js";
import type { LeftOver, Remark } from "./reader.js";
import { workloadOf } from "./workload.js";

export interface TranslateOptions {
  readonly namespace?: string | undefined;
  readonly secrets: SecretSource;
  /** Take pods and replicas from the Deployment that the Canary names, where the text has it. */
  readonly withWorkload: boolean;
}

/** A Canary in our terms, before its values are checked. */
export interface Translation {
  readonly canary: Reader;
  readonly library: Library;
  /** `name` and every argument. */
  readonly draft: Draft;
  /** Which value comes from where. */
  readonly origins: readonly Origin[];
  /** What nothing was made of. */
  readonly leftOver: readonly LeftOver[];
  /** What can't be taken; one line each, with object, line and path. */
  readonly problems: readonly string[];
  /** What is left out, or taken with a doubt; one line each, with object and path. */
  readonly warnings: readonly string[];
}

/** Reads a Flagger Canary with what it refers to. Throws a one-line error where the text has no Canary, or several. */
export function translate(text: string, options: TranslateOptions): Translation {
  const objects = readManifests(text);
  const canaries = objects.filter(isCanary);
  const [source] = canaries;
  if (source === undefined || canaries.length > 1) throw new Error(`needs one Canary, found ${canaries.length}`);
  const canary = Reader.of(source);
  const others = objects.filter((each) => each !== source);
  const library = new Library(others, options.secrets);
  const release = releaseOf(canary, library, options);
  const draft = options.withWorkload ? { ...release, ...workloadOf(canary, library, release) } : release;
  library.ofKind("MetricTemplate").forEach(doubtsOfTemplate);
  const origins = originsOf(draft);
  const read = [canary, ...library.asked];
  const leftOver = read.flatMap((each) => leftOverOf(each, origins));
  const problems = [...read.flatMap(problemsOf), ...leftOver.flatMap(refusalOf)];
  const warnings = [
    ...leftOver.filter(({ mustBeTaken }) => mustBeTaken === undefined).map((each) => warningOf(each, read)),
    ...[...read, ...library.notAsked].flatMap(doubtsOf),
    ...library.notAsked.flatMap((each) => strangerWarning(each, canary, read)),
  ];
  return { canary, library, draft, origins, leftOver, problems: unique(problems), warnings: unique(warnings) };
}

function isCanary({ kind, value }: ManifestObject): boolean {
  const version = property(value, "apiVersion");
  return kind === "Canary" && (typeof version !== "string" || version.startsWith("flagger.app/"));
}

/** What the cluster keeps for itself says nothing about a release; what is in a Secret is nobody's to see. */
function leftOverOf(object: Reader, origins: readonly Origin[]): readonly LeftOver[] {
  if (object.object.kind === "Secret") return [];
  const taken = new Set(origins.filter(({ from }) => from.object === object.object).map(({ from }) => from.place));
  for (const key of ["apiVersion", "kind", "metadata", "status"]) object.at(key)?.understand();
  return object.leftOver(taken);
}

function problemsOf({ object, problems }: Reader): readonly string[] {
  return problems.map(({ path, text }) => located(object, path, `${pathText(path)}: ${text}`));
}

function refusalOf({ at, mustBeTaken }: LeftOver): readonly string[] {
  return mustBeTaken === undefined ? [] : [located(at.object, at.path, `${pathText(at.path)}: ${mustBeTaken}`)];
}

/** With the object and the line where it stands. */
export function located(object: ManifestObject, path: Remark["path"], text: string): string {
  return `${object.label} (line ${object.lineOf(path)}): ${text}`;
}

function warningOf({ at, reason }: LeftOver, read: readonly Reader[]): string {
  const lacks = at.object.kind === "Canary" ? "meaning" : "argument";
  const said = reason ?? `has no ${lacks} here and is left out${hint(at, read)}`;
  return `${prefixOf(at)}${pathText(at.path)} ${said}`;
}

/** Something misplaced: a name that was asked for in exactly one other place. */
function hint(at: Reader, read: readonly Reader[]): string {
  const key = at.path.at(-1);
  if (typeof key !== "string" || at.path.length > 3 || at.wasAskedFor) return "";
  const places = read.flatMap(({ asked, object }) =>
    asked.filter((path) => path.at(-1) === key).map((path) => `${prefixOf({ object })}${pathText(path)}`),
  );
  const [place, ...others] = unique(places);
  return place === undefined || others.length > 0 ? "" : ` (Flagger has it at ${place})`;
}

function doubtsOf(object: Reader): readonly string[] {
  return object.doubts.map(({ path, text }) => {
    const place = pathText(path);
    return place === "" ? `${object.object.label} ${text}` : `${prefixOf(object)}${place} ${text}`;
  });
}

/** Paths of the Canary stand alone. */
function prefixOf({ object }: Pick<Reader, "object">): string {
  return object.kind === "Canary" ? "" : `${object.label}: `;
}

/** Objects that nothing refers to: of ours they would be taken, others have no part in it. */
function strangerWarning(stranger: Reader, canary: Reader, read: readonly Reader[]): readonly string[] {
  const { label, kind, name } = stranger.object;
  const at = canary.at("spec");
  if (kind === "ApisixRoute" && name === at?.at("routeRef")?.text("name")?.value) return [];
  if (kind === "Deployment" && name === at?.at("targetRef")?.text("name")?.value)
    return [`${label} is left out: give its pods as template`];
  return [`${label} is left out: nothing refers to it`, ...misplacedIn(stranger, read)];
}

/** What stands in one of Flagger's other objects and belongs into the Canary: the article itself does so. */
function misplacedIn(stranger: Reader, read: readonly Reader[]): readonly string[] {
  if (stranger.object.kind !== "MetricTemplate") return [];
  const entries = stranger.at("spec")?.entries() ?? [];
  return entries.flatMap(([, at]) =>
    hint(at, read) === "" ? [] : [warningOf({ at, reason: undefined, mustBeTaken: undefined }, read)],
  );
}

function unique(lines: readonly string[]): readonly string[] {
  return [...new Set(lines.map(oneLine))];
}

/** Whatever stood in the text. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
}
