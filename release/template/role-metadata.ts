import type { PlainTemplate } from "./template.js";

/** Labels and annotations of one role. */
interface RoleMetadata {
  readonly labels?: Readonly<Record<string, unknown>> | undefined;
  readonly annotations?: Readonly<Record<string, unknown>> | undefined;
}

const kinds = ["labels", "annotations"] as const;

/** Which labels and annotations a role's pods have beside their template's, for an annotation: `labels:tier,annotations:note`. */
export function roleKeysText(metadata: RoleMetadata): string {
  return kinds.flatMap((kind) => Object.keys(metadata[kind] ?? {}).map((key) => `${kind}:${key}`)).join(",");
}

/** The template without what belongs to a role, as that annotation says it. */
export function withoutRoleKeys(template: PlainTemplate, text = ""): PlainTemplate {
  const theirs = new Set(text.split(","));
  const kept = (kind: (typeof kinds)[number]): Record<string, string> =>
    Object.fromEntries(
      Object.entries(template.metadata?.[kind] ?? {}).filter(([key]) => !theirs.has(`${kind}:${key}`)),
    );
  return { ...template, metadata: { labels: kept("labels"), annotations: kept("annotations") } };
}
