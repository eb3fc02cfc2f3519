/** Everything that a custom query may name as `{{ name }}`. */
export type TemplateValues = Readonly<Record<string, string>>;

/** Fills `{{ name }}` in a query; what it does not know is an error that names it. */
export type RenderTemplate = (
  template: string,
  values: TemplateValues,
) => { readonly kind: "text"; readonly text: string } | { readonly kind: "error"; readonly message: string };

/** Names and `variables.x`, as in Flagger's metric templates. */
export const renderTemplate: RenderTemplate = (template, values) => {
  const missing = new Set<string>();
  const text = template.replace(/\{\{\s*([^{}]*?)\s*\}\}/g, (_whole, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) missing.add(name);
    return value ?? "";
  });
  if (missing.size === 0) return { kind: "text", text };
  return { kind: "error", message: `its template names what is not there: ${[...missing].join(", ")}` };
};
