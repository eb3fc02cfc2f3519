import { Shape } from "./draft.js";
import type { Draft } from "./draft.js";
import type { Library } from "./library.js";
import { Leaf } from "./reader.js";
import type { Reader } from "./reader.js";

/** `template` and `replicas` of the arguments: those of the Deployment that the Canary names. */
export function workloadOf(
  canary: Reader,
  library: Library,
  { name, namespace, autoscaler }: Readonly<Record<string, Draft>>,
): Readonly<Record<string, Draft>> {
  if (!(name instanceof Leaf) || typeof name.value !== "string") return {};
  const wanted = { kind: "Deployment", name: name.value, namespace: textOf(namespace) };
  const spec = library.find(canary, wanted)?.need("spec");
  if (spec === undefined) return {};
  spec.at("selector")?.understand();
  const template = spec.need("template");
  const isScaled = autoscaler !== undefined;
  if (isScaled) spec.at("replicas")?.leaveOut("is left out: the autoscaler says it");
  return {
    template: new Shape(template, { metadata: metadataOf(template), spec: template.at("spec")?.leaf().map(asTyped) }),
    replicas: isScaled ? undefined : spec.count("replicas"),
  };
}

function textOf(draft: Draft): string | undefined {
  const value = draft instanceof Leaf ? draft.value : draft;
  return typeof value === "string" ? value : undefined;
}

function metadataOf(template: Reader): Draft {
  const metadata = template.at("metadata");
  // What a cluster puts into every template.
  for (const key of ["creationTimestamp", "name", "namespace"]) metadata?.at(key)?.understand();
  const fields = { labels: metadata?.textMap("labels"), annotations: metadata?.textMap("annotations") };
  return Object.values(fields).every((each) => each === undefined) ? undefined : fields;
}

/** Mappings of quantities, and single ones: the API takes numbers, its types take text. */
const quantityMaps: readonly string[] = ["limits", "requests"];
const quantities: readonly string[] = ["sizeLimit", "divisor"];

function asTyped(value: unknown, key?: string, isQuantity = false): unknown {
  if (Array.isArray(value)) return value.map((each: unknown) => asTyped(each));
  if (typeof value === "number" && (isQuantity || quantities.includes(key ?? ""))) return String(value);
  if (typeof value !== "object" || value === null) return value;
  const given = Object.entries(value).filter(([, each]) => each !== null);
  const inner = quantityMaps.includes(key ?? "");
  return Object.fromEntries(given.map(([name, each]) => [name, asTyped(each, name, inner)]));
}
