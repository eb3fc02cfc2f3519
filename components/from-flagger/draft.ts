import { pathText } from "./documents.js";
import { Leaf } from "./reader.js";
import type { Reader } from "./reader.js";

/** Arguments in the making: leaves that know where they come from, in the shape that they will have. */
export type Draft =
  Leaf | Shape | readonly Draft[] | { readonly [key: string]: Draft } | string | number | boolean | undefined;

/** A part of the arguments that stands for a part of the source: what is missing in it is missing there. */
export class Shape {
  constructor(
    readonly from: Reader,
    readonly fields: { readonly [key: string]: Draft },
  ) {}
}

/** A value of the arguments and where it comes from. */
export interface Origin {
  readonly to: string;
  readonly from: Reader;
}

/** The arguments themselves: without origins, and without what is absent. */
export function settle(draft: Draft): unknown {
  if (draft instanceof Leaf) return draft.value;
  if (draft instanceof Shape) return settle(draft.fields);
  if (isList(draft)) return draft.map(settle);
  if (typeof draft !== "object") return draft;
  const given = Object.entries(draft).filter(([, each]) => each !== undefined);
  return Object.fromEntries(given.map(([key, each]) => [key, settle(each)]));
}

/** Every leaf with every place it comes from. */
export function originsOf(draft: Draft, to = ""): readonly Origin[] {
  if (draft instanceof Leaf) return draft.from.map((from) => ({ to, from }));
  if (draft instanceof Shape) return originsOf(draft.fields, to);
  return childrenOf(draft, to).flatMap(([path, each]) => originsOf(each, path));
}

/** A message about a part of the arguments, told at the place in the source that it comes from. */
export function tellAtOrigin(
  draft: Draft,
  path: string,
  text: string,
): { readonly at: Reader | undefined; readonly text: string } {
  const [nearest] = placesOf(draft, "")
    .filter(({ to }) => to === "" || path === to || path.startsWith(`${to}.`) || path.startsWith(`${to}[`))
    .toSorted((a, b) => b.to.length - a.to.length);
  const rest = nearest === undefined ? path : path.slice(nearest.to.length);
  const inner = nearest === undefined || nearest.to === "" ? (rest === "" ? "" : `.${rest}`) : rest;
  const start = nearest === undefined ? "" : pathText(nearest.from.path);
  return { at: nearest?.from, text: `${`${start}${inner}`.replace(/^\./, "")}: ${text}` };
}

/** Leaves and shapes: whatever has a place in the source. */
function placesOf(draft: Draft, to: string): readonly Origin[] {
  if (draft instanceof Leaf) return draft.from.slice(0, 1).map((from) => ({ to, from }));
  if (draft instanceof Shape) return [{ to, from: draft.from }, ...placesOf(draft.fields, to)];
  return childrenOf(draft, to).flatMap(([path, each]) => placesOf(each, path));
}

function childrenOf(draft: Exclude<Draft, Leaf | Shape>, to: string): readonly (readonly [string, Draft])[] {
  if (isList(draft)) return draft.map((each, index) => [`${to}[${index}]`, each]);
  if (typeof draft !== "object") return [];
  return Object.entries(draft).map(([key, each]) => [to === "" ? key : `${to}.${key}`, each]);
}

function isList(draft: Draft): draft is readonly Draft[] {
  return Array.isArray(draft);
}
