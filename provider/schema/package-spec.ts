import ts from "typescript";
import { z } from "zod";
import { release } from "../../release/settings/index.js";
import type { ArgumentShape, ComponentShape } from "../package.js";
import { componentClasses, holdsResources, outputsOf } from "./component-classes.js";
import type { ComponentClass } from "./component-classes.js";
import { customResources } from "./custom-resources.js";
import { resourceToken } from "./pulumi-schema.js";
import type { ObjectSpec, PackageSpec, PropertySpec, ResourceSpec } from "./pulumi-schema.js";
import { TypeReader } from "./reader.js";
import type { Describe, Description } from "./reader.js";

/** What the provider needs of the package's types. */
export interface Written {
  readonly schema: PackageSpec;
  readonly components: Readonly<Record<string, ComponentShape>>;
}

/** Made of the arguments' types and docstrings, and below `analysis` of the schema that also checks it. */
export function packageSpec(version: string, entryFile: string, options: ts.CompilerOptions): Written {
  const program = ts.createProgram([entryFile], options);
  const entry = program.getSourceFile(entryFile);
  if (entry === undefined) throw new Error(`${entryFile} is not there`);
  const checker = program.getTypeChecker();
  const classes = componentClasses(checker, entry);
  const implementers = (name: string): readonly string[] =>
    classes.filter((each) => each.implements.includes(name)).map((each) => each.name);
  const names = new Set(classes.map(({ name }) => name));
  const reader = new TypeReader(checker, names, implementers, describedBy(release));
  const made = classes.map((each) => [each.name, component(checker, reader, each)] as const);
  const specs = made.map(([name, { spec }]) => [resourceToken(name), spec] as const);
  const types = [...reader.types].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    schema: {
      ...information(version),
      resources: { ...Object.fromEntries(specs), ...customResources },
      types: Object.fromEntries(types.map(([name, spec]) => [resourceToken(name), spec])),
    },
    components: Object.fromEntries(made.map(([name, { shape }]) => [name, shape])),
  };
}

function component(
  checker: ts.TypeChecker,
  reader: TypeReader,
  each: ComponentClass,
): { readonly spec: ResourceSpec; readonly shape: ComponentShape } {
  const nothing: { object: ObjectSpec; shape: ArgumentShape } = {
    object: { type: "object", properties: {} },
    shape: {},
  };
  const inputs = each.arguments === undefined ? nothing : reader.properties(each.arguments, { name: each.name });
  const outputs = outputsOf(each)
    .filter((property) => !holdsResources(checker, checker.getTypeOfSymbol(property)))
    .map((property) => output(checker, reader, each, property, Object.hasOwn(inputs.object.properties, property.name)));
  const required = outputs.flatMap(({ name, isOptional }) => (isOptional ? [] : [name]));
  const { required: requiredInputs } = inputs.object;
  return {
    spec: {
      isComponent: true,
      description: reader.documentationOf(each.symbol),
      type: "object",
      inputProperties: inputs.object.properties,
      ...(requiredInputs === undefined ? {} : { requiredInputs }),
      properties: Object.fromEntries(outputs.map(({ name, spec }) => [name, spec])),
      ...(required.length === 0 ? {} : { required }),
    },
    shape: { arguments: inputs.shape, outputs: outputs.map(({ name }) => name) },
  };
}

interface Output {
  readonly name: string;
  readonly spec: PropertySpec;
  readonly isOptional: boolean;
}

/** `isArgumentToo`: one of the same name, which may have another type. */
function output(
  checker: ts.TypeChecker,
  reader: TypeReader,
  { name }: ComponentClass,
  property: ts.Symbol,
  isArgumentToo: boolean,
): Output {
  const type = checker.getTypeOfSymbol(property);
  const own = `${name}${property.name.charAt(0).toUpperCase()}${property.name.slice(1)}`;
  const place = { name: isArgumentToo ? `${own}Output` : own };
  const { plain: _plain, ...spec } = reader.read(type, place).spec;
  const description = reader.documentationOf(property);
  const canBeNothing = checker.getNonNullableType(type) !== type;
  return {
    name: property.name,
    spec: description === "" ? spec : { ...spec, description },
    isOptional: canBeNothing || (property.flags & ts.SymbolFlags.Optional) !== 0,
  };
}

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** Descriptions below a schema, by path; lists and maps have no part of their own in it. */
function describedBy(schema: z.ZodType): Describe {
  const root = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return (path) => {
    const found = path.reduce<readonly JsonSchema[]>((at, name) => at.flatMap((each) => inside(each, name)), [root]);
    return found.length === 0 ? undefined : describe(found);
  };
}

function describe(found: readonly JsonSchema[]): Description {
  const bare = found.flatMap((each) => (each.type === "array" ? items(each) : [each]));
  return {
    text: found.find(({ description }) => description !== undefined)?.description,
    isInteger: bare.every(({ type }) => type === "integer"),
  };
}

function inside(schema: JsonSchema, name: string): readonly JsonSchema[] {
  return branchesOf(schema).flatMap((each) => {
    const found = each.properties?.[name];
    return found === undefined || typeof found === "boolean" ? [] : [found];
  });
}

function branchesOf(schema: JsonSchema): readonly JsonSchema[] {
  const branches = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...items(schema)];
  return branches.length === 0 ? [schema] : branches.flatMap(branchesOf);
}

function items({ items }: JsonSchema): readonly JsonSchema[] {
  return typeof items === "object" && !Array.isArray(items) ? [items] : [];
}

function information(version: string): Readonly<Record<string, unknown>> {
  return {
    name: "apisix-canary",
    displayName: "APISIX Canary",
    version,
    description: "Progressive delivery on Apache APISIX as Pulumi components.",
    keywords: [
      "pulumi",
      "kubernetes",
      "apisix",
      "canary",
      "progressive-delivery",
      "category/infrastructure",
      "kind/component",
    ],
    license: "Apache-2.0",
    language: {
      nodejs: { packageName: "@pulumi-apisix-canary/sdk", respectSchemaVersion: true },
      python: { packageName: "pulumi_apisix_canary", respectSchemaVersion: true, pyproject: { enabled: true } },
      go: { respectSchemaVersion: true, generateResourceContainerTypes: true },
      csharp: { respectSchemaVersion: true, namespaces: { "apisix-canary": "ApisixCanary" } },
      java: { buildFiles: "gradle" },
    },
  };
}
