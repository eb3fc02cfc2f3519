import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import { z } from "zod";

// `node dist/tests/unit/from-flagger/fields/list-fields.js CRD.yaml > tests/unit/from-flagger/data/crd-fields.txt`:
// kind, path, type and allowed values of each field of Flagger's custom resources. Names only, nothing of their texts.

const schema: z.ZodType<Schema> = z.lazy(() =>
  z.looseObject({
    type: z.string().optional(),
    enum: z.array(z.string()).optional(),
    properties: z.record(z.string(), schema).optional(),
    items: schema.optional(),
    additionalProperties: z.union([z.boolean(), schema]).optional(),
  }),
);

interface Schema {
  readonly type?: string | undefined;
  readonly enum?: readonly string[] | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly items?: Schema | undefined;
  readonly additionalProperties?: boolean | Schema | undefined;
}

const definition = z.looseObject({
  spec: z.looseObject({
    names: z.looseObject({ kind: z.string() }),
    versions: z.array(z.looseObject({ schema: z.looseObject({ openAPIV3Schema: schema }) })).min(1),
  }),
});

function leavesOf(at: Schema, path: string): readonly string[] {
  const { properties, items, additionalProperties: others } = at;
  if (properties !== undefined)
    return Object.entries(properties).flatMap(([key, each]) => leavesOf(each, path === "" ? key : `${path}.${key}`));
  if (items !== undefined) return leavesOf(items, `${path}[]`);
  if (typeof others === "object") return leavesOf(others, `${path}.*`);
  const values = at.enum === undefined ? [] : [at.enum.map((each) => (each === "" ? '""' : each)).join("|")];
  return [[path, at.type ?? "integer-or-string", ...values].join(" ")];
}

const [, , file = ""] = process.argv;
for (const document of parseAllDocuments(readFileSync(file, "utf8"))) {
  const { spec } = definition.parse(document.toJS());
  const fields = spec.versions.flatMap((version) => leavesOf(version.schema.openAPIV3Schema, ""));
  for (const field of fields.filter((each) => !each.startsWith("status.")))
    process.stdout.write(`${spec.names.kind} ${field}\n`);
}
