import { writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { backgroundAnalysis } from "../release/settings/analyses.js";
import { analysis } from "../release/settings/analysis.js";
import { metric } from "../release/settings/metrics.js";
import { step } from "../release/settings/strategy.js";
import { alert, webhook } from "../release/settings/webhooks.js";

type JsonSchema = z.core.JSONSchema.BaseSchema;

interface Row {
  readonly path: string;
  readonly type: string;
  readonly required: boolean;
  readonly fallback: string;
  readonly text: string;
}

const sections = [
  { title: "`analysis`", path: "analysis", schema: analysis, leaveOut: ["metrics", "webhooks", "alerts"] },
  { title: "`analysis.background[]`", path: "", schema: backgroundAnalysis, leaveOut: ["metrics"] },
  { title: "`analysis.steps[]`", path: "", schema: step, leaveOut: ["metrics", "webhooks"] },
  { title: "`analysis.metrics[]`", path: "", schema: metric, leaveOut: [] },
  { title: "`analysis.webhooks[]`", path: "", schema: webhook, leaveOut: [] },
  { title: "`analysis.alerts[]`", path: "", schema: alert, leaveOut: [] },
] as const;

/** Reference of everything a user can write below `analysis`, made of the schema that also checks it. Markdown. */
export function settingsReference(): string {
  const tables = sections.map(({ title, schema, leaveOut }) => {
    const left: readonly string[] = leaveOut;
    const rows = unique(rowsOf(asJson(schema), "", true)).filter(({ path }) => !left.includes(path));
    return `## ${title}\n\n${tableOf(rows)}`;
  });
  const intro =
    "Made by `npm run reference` from the schema that checks the input. Durations are texts like `10s`, `1m30s`, or numbers of seconds.";
  return `# Settings\n\n${intro}\n\n${tables.join("\n\n")}\n`;
}

function asJson(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
}

/** One row for each property, the properties of objects below it included; of a union, those of every branch. */
function rowsOf(schema: JsonSchema, path: string, required: boolean): readonly Row[] {
  const branches = branchesOf(schema);
  if (branches.length > 0 && path === "") return branches.flatMap((branch) => rowsOf(branch, path, required));
  const own = path === "" ? [] : [rowOf(schema, path, required)];
  if (branches.length > 0)
    return [...own, ...branches.flatMap((branch) => rowsOf(branch, path, required).filter((row) => row.path !== path))];
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, value]) =>
    typeof value === "boolean"
      ? []
      : rowsOf(value, path === "" ? name : `${path}.${name}`, schema.required?.includes(name) ?? false),
  );
  return [...own, ...inner];
}

function rowOf(schema: JsonSchema, path: string, required: boolean): Row {
  const { description = "", default: fallback } = schema;
  return {
    path,
    type: typeOf(schema),
    required,
    fallback: fallback === undefined ? "" : `\`${JSON.stringify(fallback)}\``,
    text: description,
  };
}

function branchesOf(schema: JsonSchema): readonly JsonSchema[] {
  return [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
}

function typeOf(schema: JsonSchema): string {
  const branches = branchesOf(schema);
  if (branches.length > 0) return [...new Set(branches.map(typeOf))].join(", ");
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((each) => `\`${String(each)}\``).join(", ");
  const type = Array.isArray(schema.type) ? schema.type.join(" or ") : (schema.type ?? "any");
  const items = typeof schema.items === "object" && !Array.isArray(schema.items) ? ` of ${typeOf(schema.items)}` : "";
  return `${type}${items}${rangeOf(schema)}`;
}

function rangeOf({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: JsonSchema): string {
  const low = minimum === undefined ? (exclusiveMinimum === undefined ? "" : `> ${exclusiveMinimum}`) : `≥ ${minimum}`;
  const bounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  const high = bounded ? `≤ ${maximum}` : exclusiveMaximum === undefined ? "" : `< ${exclusiveMaximum}`;
  const parts = [low, high].filter((part) => part !== "" && !part.includes(String(Number.MIN_SAFE_INTEGER)));
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}

/** Branches of a union repeat what they share: one row for each path, with all its types; needed if all need it. */
function unique(rows: readonly Row[]): readonly Row[] {
  const groups = [...Map.groupBy(rows, ({ path }) => path).values()];
  const branches = Math.max(...groups.map(({ length }) => length));
  return groups.flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const required = same.length === branches && same.every((row) => row.required);
    return [{ ...first, required, type: [...new Set(same.map(({ type }) => type))].join(", ") }];
  });
}

function tableOf(rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const { path, type, required, text } = row;
    return `| \`${path}\`${required ? " (needed)" : ""} | ${type} | ${fallbackOf(row)} | ${text.replaceAll("|", "\\|")} |`;
  });
  return ["| property | type | default | meaning |", "|---|---|---|---|", ...lines].join("\n");
}

/** One that depends on other settings, or is a duration, is in the text alone. */
function fallbackOf({ required, fallback, text }: Row): string {
  if (fallback !== "") return fallback;
  if (required) return "needed";
  return /\bdefault\b/i.test(text) ? "see the meaning" : "none";
}

// `npm run reference`: writes it beside the schema's source.
if (require.main === module)
  writeFileSync(path.resolve(__dirname, "../../release/settings/REFERENCE.md"), settingsReference());
