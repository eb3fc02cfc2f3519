/** What of Pulumi's package schema (https://www.pulumi.com/docs/iac/guides/building-extending/packages/schema) is used here. */
export interface PropertySpec {
  readonly type?: "string" | "number" | "integer" | "boolean" | "array" | "object";
  readonly $ref?: string;
  readonly items?: PropertySpec;
  readonly additionalProperties?: PropertySpec;
  readonly oneOf?: readonly PropertySpec[];
  readonly plain?: true;
  readonly secret?: true;
  readonly description?: string;
}

export interface ObjectSpec {
  readonly description?: string;
  readonly type: "object";
  readonly properties: Readonly<Record<string, PropertySpec>>;
  readonly required?: readonly string[];
}

export interface ResourceSpec extends ObjectSpec {
  readonly isComponent?: true;
  readonly inputProperties: Readonly<Record<string, PropertySpec>>;
  readonly requiredInputs?: readonly string[];
}

export interface PackageSpec {
  readonly resources: Readonly<Record<string, ResourceSpec>>;
  readonly types: Readonly<Record<string, ObjectSpec>>;
  readonly [information: string]: unknown;
}

/** Whatever it is: JSON, or objects of another package. */
export const anything = { $ref: "pulumi.json#/Any" } as const satisfies PropertySpec;

export function resourceToken(name: string): string {
  return `apisix-canary:index:${name}`;
}

export function typeReference(name: string): PropertySpec {
  return { $ref: `#/types/${resourceToken(name)}` };
}

export function resourceReference(name: string): PropertySpec {
  return { $ref: `#/resources/${resourceToken(name)}` };
}
