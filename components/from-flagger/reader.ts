import { property } from "./documents.js";
import type { ManifestObject, Path } from "./documents.js";

/** A value that was taken, and where from: messages about what became of it lead back there. */
export class Leaf<T = unknown> {
  constructor(
    readonly value: T,
    readonly from: readonly Reader[],
  ) {}

  map<U>(change: (value: T) => U): Leaf<U> {
    return new Leaf(change(this.value), this.from);
  }

  /** The same value, for which those places were read too. */
  with(...others: readonly (Leaf | Reader | undefined)[]): Leaf<T> {
    const more = others.flatMap((each) => (each === undefined ? [] : each instanceof Leaf ? each.from : [each]));
    return new Leaf(this.value, [...this.from, ...more]);
  }
}

/** Something wrong or doubtful at a place of an object. */
export interface Remark {
  readonly path: Path;
  readonly text: string;
}

/** What was found out about one object while it was read. */
class Findings {
  /** Read, and nothing needs to become of it. */
  readonly understood = new Set<string>();
  /** Why something is left out, where more can be said than that it is. */
  readonly reasons = new Map<string, string>();
  /** Places of which nothing may be left out, and why. */
  readonly complete = new Map<string, string>();
  readonly asked: Path[] = [];
  readonly problems: Remark[] = [];
  readonly doubts: Remark[] = [];
}

type Type = "text" | "a number" | "no finite number" | "true or false" | "a list" | "a mapping" | "nothing";

/**
 * A place in an object. Reading gives leaves that know where they come from; what no leaf of the result comes from was
 * not taken, and is found by looking at the object itself (`leftOver`), not at a list of names.
 * A wrong type is noted as a problem and read as absent, so that one run finds every problem.
 */
export class Reader {
  private constructor(
    readonly object: ManifestObject,
    readonly path: Path,
    private readonly value: unknown,
    private readonly findings: Findings,
    private readonly exists = true,
  ) {}

  static of(object: ManifestObject): Reader {
    return new Reader(object, [], object.value, new Findings());
  }

  /** Key of the whole place, the same for every reader of it. */
  get place(): string {
    return placeOf(this.path);
  }

  get problems(): readonly Remark[] {
    return this.findings.problems;
  }

  get doubts(): readonly Remark[] {
    return this.findings.doubts;
  }

  /** The property, where it is there; null is as good as absent, as in Kubernetes. */
  at(key: string): Reader | undefined {
    this.findings.asked.push([...this.path, key]);
    return this.exists && !this.is("a mapping") ? undefined : this.child(key);
  }

  /** The mapping of that name; where it is missing a problem is noted, and everything in it is absent. */
  need(key: string): Reader {
    const found = this.at(key);
    if (found?.is("a mapping") === true) return found;
    if (found === undefined) this.missing(key, "a mapping");
    return new Reader(this.object, [...this.path, key], {}, this.findings, false);
  }

  /** Text; an empty one is as good as absent, as in Flagger. */
  text(key: string): Leaf<string> | undefined {
    const found = this.at(key);
    return found?.value === "" ? found.understand() : found?.as("text", isText);
  }

  number(key: string): Leaf<number> | undefined {
    return this.at(key)?.as("a number", isNumber);
  }

  /** A number that Flagger takes for absent when it is 0. */
  count(key: string): Leaf<number> | undefined {
    const found = this.number(key);
    if (found?.value !== 0) return found;
    found.from.forEach((each) => each.understand());
    return undefined;
  }

  flag(key: string): Leaf<boolean> | undefined {
    return this.at(key)?.as("true or false", isFlag);
  }

  needText(key: string): Leaf<string> | undefined {
    const found = this.text(key);
    if (found === undefined && (this.at(key)?.value ?? "") === "") this.missing(key, "text");
    return found;
  }

  needNumber(key: string): Leaf<number> | undefined {
    if (this.at(key) === undefined) this.missing(key, "a number");
    return this.number(key);
  }

  /** The elements of a list; none where it is absent. */
  items(key: string): readonly Reader[] {
    const list = this.at(key);
    if (list === undefined || !list.is("a list") || !Array.isArray(list.value)) return [];
    return list.value.map(
      (value: unknown, index) => new Reader(this.object, [...list.path, index], value, this.findings),
    );
  }

  /** A list of texts as one leaf. */
  texts(key: string): Leaf<readonly string[]> | undefined {
    const found = this.items(key).map((each) => each.as("text", isText));
    const list = this.at(key);
    if (list === undefined || found.length === 0) return undefined;
    const texts = found.flatMap((each) => (each === undefined ? [] : [each.value]));
    return new Leaf(texts, [list]);
  }

  /** The properties of a mapping with keys of the user's own. */
  entries(): readonly (readonly [string, Reader])[] {
    if (!this.is("a mapping") || typeof this.value !== "object" || this.value === null) return [];
    return Object.keys(this.value).flatMap((key) => {
      const found = this.child(key);
      return found === undefined ? [] : [[key, found] as const];
    });
  }

  /** A mapping of texts as one leaf. */
  textMap(key: string): Leaf<Readonly<Record<string, string>>> | undefined {
    const map = this.at(key);
    const found = map?.entries().map(([name, each]) => [name, each.as("text", isText)?.value] as const) ?? [];
    if (map === undefined || found.length === 0) return undefined;
    return new Leaf(
      Object.fromEntries(found.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
      [map],
    );
  }

  get isEmpty(): boolean {
    return isNothing(this.value);
  }

  /** This very value as a leaf, whatever it is. */
  leaf(): Leaf {
    return new Leaf(this.value, [this]);
  }

  as<T>(wanted: Type, fits: (value: unknown) => value is T): Leaf<T> | undefined {
    if (fits(this.value)) return new Leaf(this.value, [this]);
    this.problem(`must be ${wanted}, is ${typeName(this.value)}`);
    return undefined;
  }

  /** It was read, and says what is so anyhow. */
  understand(): undefined {
    this.findings.understood.add(this.place);
  }

  /** It is left out, and this is why: reads on from the property's path. */
  leaveOut(reason: string): undefined {
    this.findings.reasons.set(this.place, reason);
  }

  /** Nothing below may be left out: it would mean something else without. */
  takeAll(reason: string): undefined {
    this.findings.complete.set(this.place, reason);
  }

  /** It can't be taken: reads on from the property's path. */
  problem(text: string): undefined {
    this.findings.problems.push({ path: this.path, text });
  }

  /** It is taken, but may not do what its author thinks: reads on from the property's path. */
  doubt(text: string): undefined {
    this.findings.doubts.push({ path: this.path, text });
  }

  missing(key: string, wanted: string): undefined {
    const isThere = this.exists && typeName(this.value) === "a mapping";
    if (isThere) this.findings.problems.push({ path: [...this.path, key], text: `is missing (needs ${wanted})` });
  }

  /** What is left out below here, each as high up as nothing in it was taken, in the order of the text. */
  leftOver(taken: ReadonlySet<string>): readonly LeftOver[] {
    return this.look(taken, undefined).leftOver;
  }

  /** Every place of the object that was asked for, there or not. */
  get asked(): readonly Path[] {
    return this.findings.asked;
  }

  get wasAskedFor(): boolean {
    return this.findings.asked.some((path) => placeOf(path) === this.place);
  }

  private look(taken: ReadonlySet<string>, above: string | undefined): Looked {
    const { understood, reasons, complete } = this.findings;
    if (taken.has(this.place) || understood.has(this.place)) return { leftOver: [], wholly: false };
    const mustBeTaken = complete.get(this.place) ?? above;
    // Within a condition an empty mapping says something: that there is such a thing.
    const isCondition = above !== undefined && typeName(this.value) === "a mapping";
    if (isNothing(this.value) && !isCondition) return { leftOver: [], wholly: true };
    const self = { at: this, reason: reasons.get(this.place), mustBeTaken };
    if (self.reason !== undefined) return { leftOver: [self], wholly: false };
    const inner = this.children().map((child) => child.look(taken, mustBeTaken));
    const leftOver = inner.flatMap((each) => each.leftOver);
    const isWhole = inner.every(({ wholly }) => wholly) && !complete.has(this.place);
    const isEmpty = inner.length > 0 && leftOver.length === 0;
    return isWhole ? { leftOver: isEmpty ? [] : [self], wholly: true } : { leftOver, wholly: false };
  }

  private child(key: string): Reader | undefined {
    const value = property(this.value, key);
    return value === undefined || value === null
      ? undefined
      : new Reader(this.object, [...this.path, key], value, this.findings);
  }

  private children(): readonly Reader[] {
    if (typeof this.value !== "object" || this.value === null) return [];
    const keys: readonly (string | number)[] = Array.isArray(this.value)
      ? this.value.map((_each, index) => index)
      : Object.keys(this.value);
    const { value } = this;
    return keys.map((key) => new Reader(this.object, [...this.path, key], Reflect.get(value, key), this.findings));
  }

  private is(wanted: Type): boolean {
    const is = typeName(this.value);
    if (is !== wanted) this.problem(`must be ${wanted}, is ${is}`);
    return is === wanted;
  }
}

/** Something of an object that nothing was made of. */
export interface LeftOver {
  readonly at: Reader;
  readonly reason: string | undefined;
  /** Given where leaving it out would change what the rest means. */
  readonly mustBeTaken: string | undefined;
}

interface Looked {
  readonly leftOver: readonly LeftOver[];
  /** Nothing in it was taken. */
  readonly wholly: boolean;
}

function placeOf(path: Path): string {
  return JSON.stringify(path);
}

/** What Flagger doesn't tell from an absent value. */
function isNothing(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === "") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

function typeName(value: unknown): Type {
  if (isText(value)) return "text";
  if (typeof value === "number") return isNumber(value) ? "a number" : "no finite number";
  if (isFlag(value)) return "true or false";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" && value !== null ? "a mapping" : "nothing";
}

export function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isFlag(value: unknown): value is boolean {
  return typeof value === "boolean";
}
