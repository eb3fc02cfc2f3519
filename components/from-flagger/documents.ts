import { isMap, isNode, isScalar, LineCounter, parseAllDocuments } from "yaml";
import type { Document } from "yaml";

/** Keys and positions from an object's root to a value in it. */
export type Path = readonly (string | number)[];

/** As people write it: `spec.analysis.metrics[0].name`. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    if (!/^[-\w*]+$/.test(part)) return `${text}[${JSON.stringify(part)}]`;
    return text === "" ? part : `${text}.${part}`;
  }, "");
}

/** One Kubernetes object of the text, as plain data. */
export interface ManifestObject {
  /** How messages call it: `Canary podinfo`, or `document 2` where it says neither kind nor name. */
  readonly label: string;
  /** Undefined where it has none. */
  readonly kind: string | undefined;
  readonly name: string | undefined;
  /** Undefined where it leaves the namespace to whoever applies it. */
  readonly namespace: string | undefined;
  readonly value: unknown;
  /** Line of the text, from 1, where a value or the nearest thing around it stands. */
  readonly lineOf: (path: Path) => number;
}

/** An object nested deeper is no manifest. */
const deepest = 100;

/**
 * Reads every object of a YAML text; items of a `List` (what `kubectl get -o yaml` prints) are objects of their own.
 * Duplicate keys are errors, merge keys and anchors are resolved, unknown tags are errors.
 * Throws a one-line error with line and column, and never quotes the text: there may be a secret in it.
 */
export function readManifests(text: string): readonly ManifestObject[] {
  if (typeof text !== "string") throw new Error("needs the text of the YAML");
  const lines = new LineCounter();
  return parsed(text, lines).flatMap((document, index) => {
    const value = plainData(document, index);
    const line = (path: Path): number => lines.linePos(offsetOf(document, path)).line;
    return itemsOf(value).map(([at, item]) =>
      manifest(item, `document ${index + 1}`, (path) => line([...at, ...path])),
    );
  });
}

function parsed(text: string, lineCounter: LineCounter): readonly Document.Parsed[] {
  const options = { lineCounter, merge: true, stringKeys: true, prettyErrors: false, logLevel: "silent" } as const;
  let documents: readonly Document.Parsed[];
  try {
    documents = parseAllDocuments(text, options);
  } catch {
    throw new Error("the YAML can't be read: it is nested too deep");
  }
  const [first, ...others] = documents.flatMap(({ errors, warnings }) => [...errors, ...warnings]);
  if (first === undefined) return documents;
  const { line, col } = lineCounter.linePos(first.pos[0]);
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  throw new Error(`YAML line ${line}, column ${col}: ${withoutQuotes(first.message)}${more}`);
}

/** The parser quotes what it didn't expect, and that may be a secret. */
function withoutQuotes(message: string): string {
  return message
    .replace(/:?\s*(?:"(?:[^"\\]|\\.)*"|`[^`]*`)/gs, "")
    .replace(/\s+/g, " ")
    .trim();
}

function plainData(document: Document.Parsed, index: number): unknown {
  let value: unknown;
  try {
    value = document.toJS();
  } catch {
    throw new Error(`document ${index + 1}: its anchors and aliases can't be resolved`);
  }
  if (!isTree(value, [])) throw new Error(`document ${index + 1}: is nested too deep, or an anchor is part of itself`);
  return value;
}

function isTree(value: unknown, above: readonly unknown[]): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (above.length >= deepest || above.includes(value)) return false;
  return Object.values(value).every((each) => isTree(each, [...above, value]));
}

function itemsOf(value: unknown): readonly (readonly [Path, unknown])[] {
  if (value === null || value === undefined) return [];
  const items = property(value, "items");
  const isList = wordOf(property(value, "kind"))?.endsWith("List") === true && Array.isArray(items);
  return isList ? items.map((item: unknown, index) => [["items", index], item] as const) : [[[], value]];
}

function manifest(value: unknown, position: string, lineOf: (path: Path) => number): ManifestObject {
  const kind = wordOf(property(value, "kind"));
  const metadata = property(value, "metadata");
  const name = wordOf(property(metadata, "name"));
  const label = [kind, name].filter((each) => each !== undefined).join(" ");
  const namespace = wordOf(property(metadata, "namespace"));
  return { label: label === "" ? position : label, kind, name, namespace, value, lineOf };
}

/** Of the key where there is one: its value may begin a line later. */
function offsetOf(document: Document.Parsed, path: Path): number {
  const parent = path.length === 0 ? undefined : document.getIn(path.slice(0, -1), true);
  const pair = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1)) : undefined;
  const node = pair?.key ?? document.getIn(path, true);
  if (isNode(node) && node.range) return node.range[0];
  return path.length === 0 ? document.range[0] : offsetOf(document, path.slice(0, -1));
}

/** A property of the object's own; undefined for anything that has none. */
export function property(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (Reflect.get(value, key) as unknown)
    : undefined;
}

/** One word in one line, as names are: anything else is not shown in messages. */
export function wordOf(value: unknown): string | undefined {
  return typeof value === "string" && /^[-A-Za-z0-9_.:]{1,253}$/.test(value) ? value : undefined;
}
