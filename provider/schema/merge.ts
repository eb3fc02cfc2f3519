/** Pulumi's property types, put together of several; pure. */
import type { ArgumentShape } from "../package.js";
import { anything } from "./pulumi-schema.js";
import type { ObjectSpec, PropertySpec } from "./pulumi-schema.js";

/** A TypeScript type in Pulumi's words, and what the provider must know to hand it to the class. */
export interface Read {
  readonly spec: PropertySpec;
  readonly shape: ArgumentShape;
}

export function isLoose(spec: PropertySpec): boolean {
  return spec.$ref === anything.$ref;
}

export function holdsObjects(spec: PropertySpec): boolean {
  const inner = [spec.items, spec.additionalProperties, ...(spec.oneOf ?? [])].filter((each) => each !== undefined);
  return spec.$ref !== undefined || inner.some(holdsObjects);
}

export function merged(all: readonly Read[]): Read {
  const specs = unique(all);
  const [first] = specs;
  if (first === undefined) return { spec: anything, shape: {} };
  const shape = flattenedShape(specs.map((each) => each.shape));
  if (specs.length === 1) return { spec: first.spec, shape };
  if (specs.some(({ spec }) => isLoose(spec))) return { spec: anything, shape };
  return { spec: { oneOf: specs.flatMap(({ spec }) => spec.oneOf ?? [spec]) }, shape };
}

export function unique(all: readonly Read[]): readonly Read[] {
  const byText = new Map(all.map((each) => [JSON.stringify(each.spec), each]));
  return [...byText.values()];
}

/** One object for several: a property is needed if all need it, and may be what any of them says. */
export function flattened(objects: readonly ObjectSpec[]): ObjectSpec {
  const [first] = objects;
  if (first === undefined || objects.length === 1) return first ?? { type: "object", properties: {} };
  const names = [...new Set(objects.flatMap(({ properties }) => Object.keys(properties)))];
  const properties = names.map((name) => {
    const all = objects.flatMap((each) => each.properties[name] ?? []);
    const description = commonDescription(all.map((each) => each.description ?? ""));
    const bare = all.map(({ description: _text, ...spec }) => ({ spec, shape: {} }));
    return [name, { ...merged(bare).spec, ...(description === "" ? {} : { description }) }] as const;
  });
  const required = names.filter((name) => objects.every((each) => each.required?.includes(name) ?? false));
  return { type: "object", properties: Object.fromEntries(properties), ...(required.length === 0 ? {} : { required }) };
}

const choicesText = /(^| )One of: ([^.]*)\.$/;

/** What is said anywhere; and the choices of all, unless one of them leaves the choice free. */
function commonDescription(all: readonly string[]): string {
  const text = all.map((each) => each.replace(choicesText, "")).find((each) => each !== "");
  const choices = all.map((each) => choicesText.exec(each)?.[2]?.split(", ") ?? []);
  return withChoices(text, choices.some((each) => each.length === 0) ? [] : [...new Set(choices.flat())]);
}

export function flattenedShape(shapes: readonly ArgumentShape[]): ArgumentShape {
  const names = [...new Set(shapes.flatMap(({ properties = {} }) => Object.keys(properties)))];
  const of = (name: string): readonly ArgumentShape[] =>
    shapes.flatMap(({ properties = {} }) => properties[name] ?? []);
  const each = shapes.flatMap((shape) => shape.each ?? []);
  return {
    ...(shapes.some(({ plain }) => plain) ? { plain: true } : {}),
    ...(shapes.some(({ secret }) => secret) ? { secret: true } : {}),
    ...(names.length === 0
      ? {}
      : { properties: Object.fromEntries(names.map((name) => [name, flattenedShape(of(name))])) }),
    ...(each.length === 0 ? {} : { each: flattenedShape(each) }),
  };
}

export function asInteger(spec: PropertySpec): PropertySpec {
  if (spec.type === "number") return { ...spec, type: "integer" };
  if (spec.type === "array" && spec.items !== undefined) return { ...spec, items: asInteger(spec.items) };
  return spec;
}

export function withoutPlain({ plain: _plain, items, additionalProperties, ...spec }: PropertySpec): PropertySpec {
  return {
    ...spec,
    ...(items === undefined ? {} : { items: withoutPlain(items) }),
    ...(additionalProperties === undefined ? {} : { additionalProperties: withoutPlain(additionalProperties) }),
  };
}

/** A description that names all texts that a property may have. */
export function withChoices(text: string | undefined, choices: readonly string[]): string {
  const missing = choices.filter((choice) => text?.includes(choice) !== true);
  const said = missing.length === 0 ? [] : [`One of: ${choices.join(", ")}.`];
  return [...(text === undefined ? [] : [text]), ...said].join(" ");
}
