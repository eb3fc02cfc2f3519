// Part of the sandbox's stand-in of the Pulumi engine's `kubernetes` resource-provider plugin.
import { isDeepStrictEqual } from "node:util";

/** What a request's struct can carry. */
export type Value = null | boolean | number | string | readonly Value[] | ValueObject;
export interface ValueObject {
  readonly [key: string]: Value;
}

/** Stands where the engine doesn't know a value yet. */
export const unknownMarker = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** Narrows parsed JSON; anything JSON can't carry is dropped. */
export function toValue(raw: unknown): Value {
  if (raw === null || typeof raw === "boolean" || typeof raw === "number" || typeof raw === "string") return raw;
  if (Array.isArray(raw)) return raw.map(toValue);
  if (typeof raw !== "object") return null;
  const entries = Object.entries(raw).filter(([, value]) => value !== undefined && typeof value !== "function");
  return Object.fromEntries(entries.map(([key, value]) => [key, toValue(value)]));
}

export function toObject(raw: unknown): ValueObject {
  const value = toValue(raw);
  return isObject(value) ? value : {};
}

export function isObject(value: Value | undefined): value is ValueObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

/** The value at a path of keys, or nothing. */
export function at(value: Value | undefined, ...path: readonly (string | number)[]): Value | undefined {
  let here = value;
  for (const key of path) {
    if (isList(here)) here = typeof key === "number" ? here[key] : undefined;
    else if (isObject(here)) here = here[key];
    else return undefined;
  }
  return here;
}

export function textAt(value: Value | undefined, ...path: readonly (string | number)[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === "string" ? found : undefined;
}

export function numberAt(value: Value | undefined, ...path: readonly (string | number)[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === "number" ? found : undefined;
}

export function objectAt(value: Value | undefined, ...path: readonly (string | number)[]): ValueObject {
  const found = at(value, ...path);
  return isObject(found) ? found : {};
}

export function listAt(value: Value | undefined, ...path: readonly (string | number)[]): readonly Value[] {
  const found = at(value, ...path);
  return isList(found) ? found : [];
}

/** A copy with the value at a path replaced, or removed when there is none. */
export function withValue(object: ValueObject, path: readonly string[], value: Value | undefined): ValueObject {
  const [key, ...rest] = path;
  if (key === undefined) return object;
  if (rest.length === 0) {
    const others = Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
    return value === undefined ? others : { ...others, [key]: value };
  }
  const inner = object[key];
  if (!isObject(inner) && value === undefined) return object;
  return { ...object, [key]: withValue(isObject(inner) ? inner : {}, rest, value) };
}

function isSecret(value: Value | undefined): value is ValueObject {
  return isObject(value) && value[signatureKey] === secretSignature;
}

export function secret(value: Value): ValueObject {
  return isSecret(value) ? value : { [signatureKey]: secretSignature, value };
}

/** The same value without secret wrappings; resource references and outputs in the engine's wrappings stay. */
export function plain(value: Value): Value {
  if (isSecret(value)) return plain(value["value"] ?? null);
  if (isList(value)) return value.map(plain);
  if (isObject(value)) return plainObject(value);
  return value;
}

export function plainObject(value: ValueObject): ValueObject {
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

export function hasUnknown(value: Value | undefined): boolean {
  if (value === unknownMarker) return true;
  if (isList(value)) return value.some(hasUnknown);
  return isObject(value) && Object.values(value).some(hasUnknown);
}

/** Wraps in `value` whatever is a secret in `pattern` at the same place. */
export function secretsLike(value: Value, pattern: Value | undefined): Value {
  if (isSecret(pattern)) return secret(value);
  if (isList(value) && isList(pattern)) return value.map((inner, index) => secretsLike(inner, pattern[index]));
  if (isObject(value) && isObject(pattern)) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, secretsLike(inner, pattern[key])]));
  }
  return value;
}

/** Marks the contents of a Secret object as secret. */
export function secretContents(object: ValueObject): ValueObject {
  if (object["kind"] !== "Secret" || object["apiVersion"] !== "v1") return object;
  const entries = Object.entries(object);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, key === "data" || key === "stringData" ? secret(value) : value]),
  );
}

export function same(left: Value | undefined, right: Value | undefined): boolean {
  return isDeepStrictEqual(left, right);
}
