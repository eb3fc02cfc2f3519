/** Words for structural schemas; every object keeps fields that it does not know. */
export type Schema = Readonly<Record<string, unknown>>;

export const open: Schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
/** Any JSON, lists included. */
export const anything: Schema = { "x-kubernetes-preserve-unknown-fields": true };
export const text: Schema = { type: "string" };
export const texts: Schema = { type: "array", items: text };
export const truth: Schema = { type: "boolean" };
export const port: Schema = {
  anyOf: [{ type: "integer" }, { type: "string" }],
  "x-kubernetes-int-or-string": true,
};

export function objectOf(properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema {
  const needs = required.length === 0 ? {} : { required: [...required] };
  return { ...open, properties, ...needs };
}

export function listOf(items: Schema): Schema {
  return { type: "array", items };
}

export function mapOf(values: Schema): Schema {
  return { type: "object", additionalProperties: values };
}

export function oneOf(...values: readonly string[]): Schema {
  return { type: "string", enum: [...values] };
}

export function integerFrom(minimum: number, maximum: number): Schema {
  return { type: "integer", minimum, maximum };
}

export function withDefault(schema: Schema, value: string | boolean): Schema {
  return { ...schema, default: value };
}
