import { outcomesOf } from "./outcome.js";
import type { Field, Outcome } from "./outcome.js";

interface Row {
  readonly path: string;
  readonly field: string;
  readonly routeRef: string;
  readonly hosts: string;
}

const head = `# Flagger's fields, one by one

What \`fromFlagger\` makes of each field of Flagger 1.44's custom resources. Written by \`npm run reference\`, which tries
each field in the simplest Canary that can have it and looks at what was taken from it; a test fails where this table
says something else.

- **taken**: in the arguments named.
- **read**: looked at, and nothing needs to become of it.
- **warned**: left out, with this line.
- **refused**: an error with this line, before anything is touched.

A Canary with \`routeRef\` is released behind its ApisixRoute. One without, from another gateway, gets a route of its own
where \`service.hosts\` names its hosts: the last column says what is different then, or that it is the same.
`;

/** The whole page, before formatting. */
export function fieldsPage(fields: readonly Field[]): string {
  const sections = [...Map.groupBy(fields, ({ kind }) => kind)].map(([kind, ofKind]) => {
    const rows = together("", ofKind.flatMap(rowsOf));
    const lines = rows.map(({ field, routeRef, hosts }) => `| ${field} | ${routeRef} | ${hosts} |`);
    const title = ["| field | behind a route | with a route of its own |", "|---|---|---|"];
    return [`## ${kind}`, "", ...title, ...lines].join("\n");
  });
  return [head, ...sections, ""].join("\n\n");
}

/** A field, or one for each of its values that ends differently. */
function rowsOf(field: Field): readonly Row[] {
  const ways = { routeRef: outcomesOf(field, "routeRef"), hosts: outcomesOf(field, "hosts") };
  const rows = ways.routeRef.map(({ value, outcome }, index) => {
    const other = ways.hosts[index]?.outcome ?? outcome;
    const [routeRef, hosts] = [outcomeText(outcome, value), outcomeText(other, value)];
    return { value, routeRef, hosts: hosts === routeRef ? "the same" : hosts };
  });
  const groups = [...Map.groupBy(rows, ({ routeRef, hosts }) => `${routeRef}|${hosts}`).values()];
  return groups.flatMap((same) =>
    same.slice(0, 1).map(({ routeRef, hosts }) => {
      const values = groups.length === 1 ? "" : ` ${same.map(({ value = "" }) => `\`${value}\``).join(", ")}`;
      return { path: field.path, field: `\`${field.path}\`${values}`, routeRef, hosts };
    }),
  );
}

function outcomeText(outcome: Outcome, value: string | undefined): string {
  const cell = (text: string): string => {
    const plain = text.replaceAll(/ \(line \d+\)/g, "").replaceAll("[0]", "[]");
    const anyValue = value === undefined ? plain : plain.replaceAll(value, "…");
    return anyValue.replaceAll(/[|*_<]/g, "\\$&");
  };
  switch (outcome.kind) {
    case "taken": {
      const as = outcome.as.map((each) => `\`${each.replaceAll("[0]", "[]")}\``).join(", ");
      return `taken: ${as}${outcome.warning === undefined ? "" : `; warned: ${cell(outcome.warning)}`}`;
    }
    case "read":
      return "read";
    case "warned":
      return `warned: ${cell(outcome.warning)}`;
    case "refused":
      return `refused: ${cell(outcome.error)}`;
  }
}

/** All fields of an object that are left out or refused with the same line are one row. */
function together(prefix: string, rows: readonly Row[]): readonly Row[] {
  const [first] = rows;
  if (first === undefined || rows.length === 1) return rows;
  const isSame = rows.every(({ routeRef, hosts }) => routeRef === first.routeRef && hosts === first.hosts);
  if (isSame && prefix !== "" && /^(warned|refused)/.test(first.routeRef))
    return [{ ...first, field: `\`${prefix}.…\` (${rows.length} fields)` }];
  const groups = Map.groupBy(rows, ({ path }) => path.slice(prefix.length).replace(/^\./, "").split(".")[0] ?? "");
  if (groups.has("")) return rows;
  return [...groups].flatMap(([key, inner]) => together(prefix === "" ? key : `${prefix}.${key}`, inner));
}
