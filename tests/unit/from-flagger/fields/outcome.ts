import { stringify } from "yaml";
import { accepted } from "../../../../components/from-flagger/from-flagger.js";
import { pathText } from "../../../../components/from-flagger/documents.js";
import type { Reader } from "../../../../components/from-flagger/reader.js";
import { translate } from "../../../../components/from-flagger/translate.js";
import type { Translation } from "../../../../components/from-flagger/translate.js";
import { samples, surroundings } from "./samples.js";

/** One field of Flagger's custom resources. */
export interface Field {
  readonly kind: string;
  readonly path: string;
  readonly type: string;
  /** Empty where the CRD leaves them open. */
  readonly values: readonly string[];
}

export type Outcome =
  /** It is in these arguments. */
  | { readonly kind: "taken"; readonly as: readonly string[]; readonly warning: string | undefined }
  /** It was looked at, and needs to become nothing. */
  | { readonly kind: "read" }
  | { readonly kind: "warned"; readonly warning: string }
  | { readonly kind: "refused"; readonly error: string };

/** How the users come: through an ApisixRoute that exists, or a route made of what the Canary says. */
export type Way = "routeRef" | "hosts";

export function parseFields(list: string): readonly Field[] {
  return list
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [kind = "", path = "", type = "", values = ""] = line.split(" ");
      return { kind, path, type, values: values.split("|").filter((each) => each !== "" && each !== '""') };
    });
}

/** What becomes of a field: tried with each of its values, in the simplest Canary that can have it. */
export function outcomesOf(
  field: Field,
  way: Way,
): readonly { readonly value: string | undefined; readonly outcome: Outcome }[] {
  const sample = samples[`${field.kind} ${field.path}`];
  if (sample !== undefined || field.values.length === 0) {
    const value = sample?.value ?? defaultOf(field);
    return [{ value: undefined, outcome: outcomeOf(field, value, way) }];
  }
  return field.values.map((value) => ({ value, outcome: outcomeOf(field, value, way) }));
}

function defaultOf({ path, type }: Field): unknown {
  if (type === "boolean") return true;
  if (type === "number" || type === "integer") return 5;
  return /name$/i.test(path) ? "app" : "x";
}

function outcomeOf(field: Field, value: unknown, way: Way): Outcome {
  const found = taken(field, value, way);
  if (found.kind === "refused") return found;
  const { origins, leftOver, warnings } = found.translation;
  const place = field.path.replaceAll("[]", "[0]").replaceAll("*", "key");
  const isHere = ({ object, path }: Reader): boolean => object.kind === field.kind && isWithin(place, pathText(path));
  const as = origins.filter(({ from }) => isHere(from)).map(({ to }) => to);
  const left = leftOver.find(({ at }) => isHere(at));
  if (as.length > 0) {
    const without = taken(field, undefined, way);
    const known = without.kind === "refused" ? [] : without.translation.warnings;
    return { kind: "taken", as: [...new Set(as)], warning: warnings.find((each) => !known.includes(each)) };
  }
  if (left === undefined) return { kind: "read" };
  const warning = warnings.find((each) => each.includes(pathText(left.at.path)));
  if (warning === undefined) throw new Error(`${field.path} is left out without a warning`);
  return { kind: "warned", warning };
}

type Taken = { readonly kind: "accepted"; readonly translation: Translation } | Extract<Outcome, { kind: "refused" }>;

function taken(field: Field, value: unknown, way: Way): Taken {
  try {
    const options = { secrets: addressOfApp, withWorkload: false };
    const translation = translate(textWith(field, value, way), options);
    accepted(translation);
    return { kind: "accepted", translation };
  } catch (error) {
    return { kind: "refused", error: error instanceof Error ? error.message : String(error) };
  }
}

function addressOfApp(secret: string, key: string): string | undefined {
  return secret === "app" && key === "address" ? "https://chat.example.com/" : undefined;
}

function isWithin(place: string, other: string): boolean {
  return place === other || place.startsWith(`${other}.`) || place.startsWith(`${other}[`);
}

/** The text with the field; without it where the value is undefined. */
function textWith(field: Field, value: unknown, way: Way): string {
  const documents = base(way, field);
  const document = documents.find((each) => each["kind"] === field.kind);
  if (document === undefined) throw new Error(`no document of kind ${field.kind}`);
  const around = Object.entries(surroundings).filter(([at]) => isWithin(`${field.kind} ${field.path}`, at));
  const sample = samples[`${field.kind} ${field.path}`];
  for (const [, fields] of around) for (const [path, each] of Object.entries(fields)) put(document, path, each);
  for (const [path, each] of Object.entries(sample?.beside ?? {})) put(document, path, each);
  for (const path of sample?.without ?? []) put(document, path, undefined);
  if (value !== undefined) put(document, field.path, value);
  return documents.map((each) => stringify(each)).join("---\n");
}

type Plain = Record<string, unknown>;

function base(way: Way, { kind, path }: Field): readonly Plain[] {
  const canary: Plain = { apiVersion: "flagger.app/v1beta1", kind: "Canary" };
  put(canary, "metadata", { name: "app", namespace: "shop" });
  put(canary, "spec.targetRef", { apiVersion: "apps/v1", kind: "Deployment", name: "app" });
  put(canary, "spec.service.port", 80);
  put(canary, "spec.analysis.stepWeight", 5);
  put(canary, "spec.analysis.metrics[]", { name: "request-success-rate", thresholdRange: { min: 99 } });
  if (way === "routeRef")
    put(canary, "spec.routeRef", { apiVersion: "apisix.apache.org/v2", kind: "ApisixRoute", name: "app" });
  else put(canary, "spec.service.hosts[]", "app.example.com");
  if (kind === "MetricTemplate")
    put(canary, "spec.analysis.metrics[]", { name: "errors", templateRef: { name: "errors" } });
  if (kind === "AlertProvider")
    put(canary, "spec.analysis.alerts[]", { name: "chat", severity: "error", providerRef: { name: "chat" } });
  return [
    canary,
    ...(kind === "MetricTemplate" || path.includes("templateRef") ? [template] : []),
    ...(kind === "AlertProvider" || path.includes("alerts") ? [alertProvider] : []),
    ...(path.includes("autoscalerRef") ? [autoscaler] : []),
  ].map((each) => structuredClone(each));
}

const template: Plain = {
  apiVersion: "flagger.app/v1beta1",
  kind: "MetricTemplate",
  metadata: { name: "errors", namespace: "shop" },
  spec: { provider: { type: "prometheus" }, query: "sum(errors)" },
};
const alertProvider: Plain = {
  apiVersion: "flagger.app/v1beta1",
  kind: "AlertProvider",
  metadata: { name: "chat", namespace: "shop" },
  spec: { type: "slack", address: "https://chat.example.com/" },
};
const autoscaler: Plain = {
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: { name: "app", namespace: "shop" },
  spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "app" }, maxReplicas: 4 },
};

/** Sets a value by its path (`a.b[].c.*`), or takes it away. */
function put(document: Plain, path: string, value: unknown): void {
  const keys = path.replaceAll("[]", ".0").replaceAll("*", "key").split(".");
  let at: object = document;
  keys.slice(0, -1).forEach((key, index) => {
    const known: unknown = Reflect.get(at, key);
    const next = typeof known === "object" && known !== null ? known : keys[index + 1] === "0" ? [] : {};
    Reflect.set(at, key, next);
    at = next;
  });
  const last = keys.at(-1) ?? "";
  if (value === undefined) Reflect.deleteProperty(at, last);
  else Reflect.set(at, last, isMapping(Reflect.get(at, last)) && isMapping(value) ? merged(at, last, value) : value);
}

function isMapping(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function merged(at: object, key: string, value: object): object {
  return { ...(Reflect.get(at, key) as object), ...value };
}
