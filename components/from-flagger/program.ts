import type { Adopt } from "../canary-release/index.js";
import { property } from "./documents.js";
import { accepted } from "./from-flagger.js";
import type { FromFlaggerOptions } from "./from-flagger.js";
import { translate } from "./translate.js";

/** What a program needs beside the text of the Canary. */
export interface ProgramOptions extends Pick<FromFlaggerOptions, "namespace"> {
  /** Of the Prometheus that scrapes the gateway. Default: the Canary's `metricsServer`, else asked for in the stack's configuration. */
  readonly prometheusUrl?: string;
  /** Class of the gateway. Default: asked for in the stack's configuration, `apisix` without an answer. */
  readonly ingressClassName?: string;
  /** What runs already and is taken over. */
  readonly adopt?: Adopt;
}

/** Stands for an address that only a Secret knows. */
const unknownAddress = "https://secret.invalid/";

/**
 * A whole Pulumi program in TypeScript for a Flagger Canary: one `CanaryRelease` with everything `fromFlagger` takes,
 * with the pods of its Deployment where the text has it. What is left out stands in comments. Addresses that may be
 * secrets (of alerts, and URLs with a password or a query) are asked for in the stack's configuration and never printed.
 * Formatted as Prettier does. Throws like `fromFlagger`.
 */
export async function programFor(yaml: string, options: ProgramOptions = {}): Promise<string> {
  const translation = translate(yaml, {
    namespace: options.namespace,
    secrets: (_secret, key) => (key === "address" ? unknownAddress : undefined),
    withWorkload: true,
  });
  const { formatTypeScript } = await import("../../bundled/formatter.js");
  const text = sourceOf({ ...accepted(translation) }, translation.warnings, options);
  return formatTypeScript(text, 120);
}

type Arguments = ReturnType<typeof accepted>;

function sourceOf({ name, ...args }: Arguments, warnings: readonly string[], options: ProgramOptions): string {
  const { namespace, analysis, prometheusUrl = options.prometheusUrl, ...others } = args;
  const secrets = new SecretNames();
  const written = {
    namespace: literal(namespace),
    ...(options.adopt === undefined ? {} : { adopt: literal(options.adopt) }),
    template: templateText(name, args),
    ...Object.fromEntries(
      Object.entries(others).flatMap(([key, value]) => (key === "template" ? [] : [[key, literal(value)]])),
    ),
    ingressClassName:
      options.ingressClassName === undefined
        ? 'config.get("ingressClassName") ?? "apisix"'
        : literal(options.ingressClassName),
    prometheusUrl: urlText(prometheusUrl),
    analysis: analysisText(analysis, secrets),
  };
  const body = Object.entries(written).map(([key, text]) => `${key}: ${text},`);
  return [
    'import * as pulumi from "@pulumi/pulumi";',
    'import { CanaryRelease } from "pulumi-apisix-canary";',
    ...(secrets.isEmpty ? [] : ['import type { AnalysisInput } from "pulumi-apisix-canary";']),
    "",
    `// Written from the Flagger Canary of Deployment ${name}.`,
    ...(warnings.length === 0 ? [] : ["// Left out, or to be looked at:", ...warnings.map((each) => `// - ${each}`)]),
    "const config = new pulumi.Config();",
    "",
    `const release = new CanaryRelease(${literal(name)}, {`,
    ...body,
    "});",
    "",
    "export const revision = release.revision;",
    "export const routeName = release.routeName;",
    "",
  ].join("\n");
}

/** The Deployment's, else one to be filled in. */
function templateText(name: string, args: object): string {
  const template = property(args, "template");
  if (template !== undefined) return literal(template);
  return `{ spec: { containers: [
    // The Deployment is not in the text: here go its pods.
    { name: ${literal(name)}, image: config.require("image") }
  ] } }`;
}

function urlText(url: string | undefined): string {
  if (url === undefined) return 'config.require("prometheusUrl")';
  return mayBeSecret(url) ? 'config.requireSecret("prometheusUrl")' : literal(url);
}

function analysisText(analysis: unknown, secrets: SecretNames): string {
  const text = literal(analysis, (value, path) => {
    const owner = path.at(-1) === "address" || path.at(-1) === "url" ? nameAbove(analysis, path) : undefined;
    return owner !== undefined && (isHook(value, path) || mayBeSecret(value)) ? secrets.nameFor(owner) : undefined;
  });
  if (secrets.isEmpty) return text;
  return `pulumi.output({ ${secrets.required.join(", ")} }).apply(({ ${secrets.names.join(", ")} }): AnalysisInput => (${text}))`;
}

/** Whoever knows the address of a hook outside the cluster may call it: of an alert, or of a webhook behind TLS. */
function isHook(value: string, [list]: readonly string[]): boolean {
  return list === "alerts" || (list === "webhooks" && /^https:/i.test(value));
}

/** The name of the metric, webhook or alert that a value belongs to. */
function nameAbove(analysis: unknown, path: readonly string[]): string {
  const [list = "", index = ""] = path;
  const name = property(property(property(analysis, list), index), "name");
  return typeof name === "string" ? name : list;
}

/** Names of the stack's configuration for the addresses that aren't printed. */
class SecretNames {
  private readonly chosen = new Set<string>();

  get isEmpty(): boolean {
    return this.chosen.size === 0;
  }

  get names(): readonly string[] {
    return [...this.chosen];
  }

  get required(): readonly string[] {
    return this.names.map((name) => `${name}: config.requireSecret(${literal(name)})`);
  }

  nameFor(owner: string): string {
    const words = owner.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
    const camel = words.map((word, index) => (index === 0 ? lowerFirst(word) : upperFirst(word))).join("");
    const base = `${/^[a-z]/.test(camel) ? camel : `its${upperFirst(camel)}`}Address`;
    let name = base;
    for (let next = 2; this.chosen.has(name); next += 1) name = `${base}${next}`;
    this.chosen.add(name);
    return name;
  }
}

function lowerFirst(word: string): string {
  return word.slice(0, 1).toLowerCase() + word.slice(1);
}

function upperFirst(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

/** A URL with a user, a password or a query. */
function mayBeSecret(text: string): boolean {
  const url = /^https?:/i.test(text) ? URL.parse(text) : null;
  return url !== null && (url.username !== "" || url.password !== "" || url.search !== "");
}

type Replace = (value: string, path: readonly string[]) => string | undefined;

/** A value as an expression; texts for which `replace` has another one become that. */
function literal(value: unknown, replace: Replace = () => undefined, path: readonly string[] = []): string {
  if (typeof value === "string") return replace(value, path) ?? textLiteral(value);
  if (Array.isArray(value))
    return `[${value.map((each: unknown, index) => literal(each, replace, [...path, String(index)])).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "undefined";
  const fields = Object.entries(value).map(
    ([key, each]) => `${keyLiteral(key)}: ${literal(each, replace, [...path, key])}`,
  );
  return `{ ${fields.join(", ")} }`;
}

/** Queries and scripts keep their lines. */
function textLiteral(text: string): string {
  const isPlain = !text.includes("\n") || /[^\n\t\x20-\x7e\xa0-\ud7ff]/.test(text);
  return isPlain ? JSON.stringify(text) : `\`${text.replace(/[\\`]|\$\{/g, "\\$&")}\``;
}

/** As a plain key this one would set the object's prototype. */
function keyLiteral(key: string): string {
  return key === "__proto__" ? '["__proto__"]' : JSON.stringify(key);
}
