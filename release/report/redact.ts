import { isAddress, metricsOf } from "../settings/index.js";
import type { ReleaseSettings } from "../settings/index.js";

/** Stands where a URL was; the settings stay valid with it. */
const redactedUrl = "http://redacted.invalid/";
const redacted = "redacted";
/** Stands where an address was; of a net for documents. */
const redactedAddress = "192.0.2.1";

/** What a report says of a release: named one by one, so that what is added to the settings is left out at first. */
const told = [
  "name",
  "namespace",
  "revision",
  "routeName",
  "service",
  "replicas",
  "analysis",
  "skipAnalysis",
  "progressDeadline",
  "drain",
  "handover",
  "deadline",
  "leaseDuration",
  "scrapeInterval",
] as const;
/** What tells people which revision it is; not every release's settings have it. */
const toldWhereGiven = ["image", "tag"] as const;

/** Everything below these is taken out: tokens live there. */
const secretKeys = new Set([
  "header",
  "headers",
  "metadata",
  "templateVariables",
  "match",
  "channel",
  "username",
  "bearerToken",
  "basicAuth",
  "tenant",
]);
/** A shorter text is too likely a word of a sentence. */
const shortestSecret = 8;

/** The settings without their secrets, of a form that the schema still takes. */
export function redactedSettings(settings: ReleaseSettings): Record<string, unknown> {
  const kept = told.map((key) => [key, withoutSecrets(settings[key], false)] as const);
  const given = toldWhereGiven.flatMap((key) => {
    const value: unknown = Reflect.get(settings, key);
    return value === undefined ? [] : [[key, withoutSecrets(value, false)] as const];
  });
  return { ...Object.fromEntries([...kept, ...given]), prometheusUrl: redactedUrl };
}

function withoutSecrets(value: unknown, secret: boolean): unknown {
  if (typeof value === "string" && secret) return isAddress(value) ? redactedAddress : redacted;
  if (typeof value === "string") return isUrl(value) ? redactedUrl : value;
  if (Array.isArray(value)) return value.map((each) => withoutSecrets(each, secret));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(entries.map(([key, each]) => [key, withoutSecrets(each, secret || secretKeys.has(key))]));
}

function isUrl(text: string): boolean {
  return /^\s*[a-z][a-z0-9+.-]*:\/\//i.test(text);
}

/** Takes secrets out of text that others wrote: an answer may quote the URL it was asked at. */
export type Scrub = (text: string) => string;

export function scrubber(settings: ReleaseSettings): Scrub {
  const secrets = [...secretsIn(settings, false)]
    .filter((text) => text.length >= shortestSecret && !ownWords(settings).some((word) => word.includes(text)))
    .toSorted((a, b) => b.length - a.length);
  return (text) => {
    const known = secrets.reduce((rest, secret) => rest.replaceAll(secret, redacted), text);
    return withoutUrls(known);
  };
}

/** The text without URLs, for those who don't know the secrets: whatever proves who asks is mostly in one. */
export function withoutUrls(text: string): string {
  return text.replace(/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi, redacted);
}

/** What a report names in any case: a webhook may well be told the release's name. */
function ownWords({ name, namespace, revision, routeName, analysis }: ReleaseSettings): readonly string[] {
  return [
    `${name}.${namespace}`,
    `${name}-primary.${namespace}`,
    revision,
    routeName,
    ...metricsOf(analysis).map((metric) => metric.name),
  ];
}

function secretsIn(value: unknown, secret: boolean): ReadonlySet<string> {
  if (typeof value === "string") return new Set(secret ? [value] : isUrl(value) ? [value, ...partsOf(value)] : []);
  if (typeof value !== "object" || value === null) return new Set();
  const entries = Object.entries(value);
  return new Set(
    entries.flatMap(([key, each]) => [...secretsIn(each, secret || secretKeys.has(key) || key === "kubeconfig")]),
  );
}

/** What of a URL proves who asks: user, password, query, and the path of a hook. */
function partsOf(text: string): readonly string[] {
  if (!URL.canParse(text)) return [];
  const { username, password, pathname, search, searchParams } = new URL(text);
  return [username, password, pathname, pathname.slice(1), search.slice(1), ...searchParams.values()];
}
