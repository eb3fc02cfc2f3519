import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";

const root = path.resolve(__dirname, "../..");

const reference = z.object({ $ref: z.string().optional(), type: z.string().optional() });
const property = reference.extend({
  description: z.string().default(""),
  oneOf: z.array(z.looseObject({})).optional(),
  items: z.looseObject({}).optional(),
  additionalProperties: z.looseObject({}).optional(),
});
type Property = z.output<typeof property>;
const properties = z.record(z.string(), property).default({});
const names = z.array(z.string()).default([]);

/** What the plugin tells other languages, made of the types and their docstrings. */
const schema = z.object({
  resources: z.record(
    z.string(),
    z.object({
      isComponent: z.boolean().default(false),
      description: z.string().default(""),
      inputProperties: properties,
      requiredInputs: names,
    }),
  ),
  types: z.record(z.string(), z.object({ description: z.string().default(""), properties, required: names })),
});
type Schema = z.output<typeof schema>;

const intro = `# Arguments

Every component with every argument. Written by \`npm run reference\` from the schema that other languages get, which is made
of the types and their docstrings. Names are TypeScript's; other languages have them in their own spelling. Each argument takes
outputs but those that decide which resources there are ([which](../components/README.md)). What stands below \`analysis\` is in
[the settings](../release/settings/REFERENCE.md).
`;

/** The page. Markdown. */
function argumentsPage({ resources, types }: Schema): string {
  const components = Object.entries(resources).filter(([, { isComponent }]) => isComponent);
  const parts = components.map(([token, { description, inputProperties, requiredInputs }]) =>
    section(nameOf(token), description, inputProperties, requiredInputs),
  );
  const reached = reachable(
    components.flatMap(([, { inputProperties }]) => Object.values(inputProperties)),
    types,
  );
  const details = reached.map((token) => {
    const type = types[token];
    return type === undefined ? "" : section(nameOf(token), type.description, type.properties, type.required);
  });
  return `${[intro.trimEnd(), "## Components", ...parts, "## Parts of arguments", ...details].join("\n\n")}\n`;
}

function section(
  title: string,
  text: string,
  all: Readonly<Record<string, Property>>,
  needed: readonly string[],
): string {
  const rows = Object.entries(all).map(([name, each]) => {
    const cells = [`\`${name}\``, typeOf(each), needed.includes(name) ? "yes" : "no", cell(each.description)];
    return `| ${cells.join(" | ")} |`;
  });
  const table =
    rows.length === 0 ? ["It has none."] : ["| argument | type | needed | meaning |", "|---|---|---|---|", ...rows];
  return [`### ${title}`, "", text, "", ...table].join("\n");
}

/** By name, those first that are asked for first; settings have a page of their own. */
function reachable(from: readonly Property[], types: Schema["types"]): readonly string[] {
  const seen = new Set<string>();
  const visit = (each: Property): void => {
    const token = tokenOf(each);
    for (const inner of innerOf(each)) visit(inner);
    if (token === undefined || seen.has(token) || isSettings(token) || types[token] === undefined) return;
    seen.add(token);
    Object.values(types[token].properties).forEach(visit);
  };
  from.forEach(visit);
  return [...seen].toSorted((a, b) => nameOf(a).localeCompare(nameOf(b)));
}

function innerOf({ items, oneOf = [], additionalProperties }: Property): readonly Property[] {
  return [items, additionalProperties, ...oneOf].flatMap((each) => property.safeParse(each).data ?? []);
}

function typeOf(each: Property): string {
  const token = tokenOf(each);
  if (token !== undefined) return isSettings(token) ? "[settings](../release/settings/REFERENCE.md)" : linkTo(token);
  if (each.$ref !== undefined) return "any";
  const inner = innerOf(each).map(typeOf);
  if (each.oneOf !== undefined) return [...new Set(inner)].join(", ");
  if (each.type === "array") return `list of ${inner.join()}`;
  return each.additionalProperties === undefined ? (each.type ?? "any") : `map of ${inner.join()}`;
}

function tokenOf({ $ref }: Property): string | undefined {
  return /^#\/(?:types|resources)\/(.+)$/.exec($ref ?? "")?.[1];
}

function isSettings(token: string): boolean {
  return nameOf(token) === "CanaryReleaseAnalysis";
}

function nameOf(token: string): string {
  return token.split(":").at(-1) ?? token;
}

function linkTo(token: string): string {
  return `[${nameOf(token)}](#${nameOf(token).toLowerCase()})`;
}

function cell(text: string): string {
  return text.replaceAll("\n", " ").replaceAll(/[|<]/g, "\\$&");
}

export const argumentsFile = path.join(root, "docs/arguments.md");

/** As it would be written today; the schema is part of a build. */
export function currentArguments(): string {
  return argumentsPage(schema.parse(JSON.parse(readFileSync(path.join(root, "dist/provider/schema.json"), "utf8"))));
}

// `npm run reference`: writes it.
if (require.main === module) writeFileSync(argumentsFile, currentArguments());
