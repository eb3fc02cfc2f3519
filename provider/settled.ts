import * as pulumi from "@pulumi/pulumi";
import type { ArgumentShape } from "./package.js";

/**
 * Arguments as the classes want them: where a class takes no output, a known one becomes its value.
 * @throws pulumi.InputPropertyError naming the property that isn't known yet, or would lose its secrecy.
 */
export async function settled(value: unknown, shape: ArgumentShape, path = ""): Promise<unknown> {
  const given = pulumi.isUnknown(value) ? pulumi.output(value) : value;
  const own = shape.plain === true && pulumi.Output.isInstance(given) ? await known(given, shape, path) : given;
  if (pulumi.Output.isInstance(own) || pulumi.Resource.isInstance(own)) return own;
  if (Array.isArray(own)) {
    const { each } = shape;
    return each === undefined
      ? own
      : Promise.all(own.map((item: unknown, index) => settled(item, each, `${path}[${index}]`)));
  }
  if (typeof own !== "object" || own === null) return own;
  const entries = Object.entries(own).map(async ([key, inner]: [string, unknown]) => {
    const of = propertyOf(shape, key) ?? shape.each;
    const inside = path === "" ? key : `${path}.${key}`;
    return [key, of === undefined ? inner : await settled(inner, of, inside)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

function propertyOf({ properties = {} }: ArgumentShape, key: string): ArgumentShape | undefined {
  return Object.hasOwn(properties, key) ? properties[key] : undefined;
}

/** Serialized, it shows at once whether it is known and secret, however deep. */
async function known(output: unknown, shape: ArgumentShape, path: string): Promise<unknown> {
  const { value }: { value?: unknown } = await pulumi.runtime.serializeProperties(path, { value: output });
  const found = { unknown: false, secret: false };
  const plain = opened(value, found);
  if (found.unknown)
    throw new pulumi.InputPropertyError({
      propertyPath: path,
      reason: "must be known in preview: give it a value, not an output",
    });
  if (found.secret && !holdsSecrets(shape))
    throw new pulumi.InputPropertyError({
      propertyPath: path,
      reason: "can't be a secret: it would be stored as plain text",
    });
  return plain;
}

function holdsSecrets(shape: ArgumentShape): boolean {
  const inner = [...Object.values(shape.properties ?? {}), ...(shape.each === undefined ? [] : [shape.each])];
  return shape.secret === true || inner.some(holdsSecrets);
}

function opened(value: unknown, found: { unknown: boolean; secret: boolean }): unknown {
  if (value === pulumi.runtime.unknownValue) found.unknown = true;
  if (Array.isArray(value)) return value.map((each) => opened(each, found));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, each]: [string, unknown]) => [key, each] as const);
  if (pulumi.runtime.isRpcSecret(value)) {
    found.secret = true;
    return opened(Object.fromEntries(entries)["value"], found);
  }
  return Object.fromEntries(entries.map(([key, each]) => [key, opened(each, found)]));
}
