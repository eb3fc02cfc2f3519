import { check, compilesAsPcre, durationSeconds } from "../../release/settings/index.js";
import type { Draft } from "./draft.js";
import { isText } from "./reader.js";
import type { Leaf, Reader } from "./reader.js";
import { literalPattern } from "./strategy.js";

/** One invalid plugin stops every update of the gateway, so whatever APISIX would refuse is refused here. */
interface Plugin {
  readonly [key: string]: Draft;
  readonly name: string;
  readonly enable: true;
  readonly config: { readonly [key: string]: Draft };
}

type Headers = Leaf<Readonly<Record<string, string>>>;

function plugin(name: string, config: Plugin["config"]): readonly Plugin[] {
  return Object.values(config).every((each) => each === undefined) ? [] : [{ name, enable: true, config }];
}

/** `rewrite` and the request's `headers`: proxy-rewrite. */
export function rewriteOf(service: Reader, matches: readonly Reader[], provider: string): readonly Plugin[] {
  const rewrite = service.at("rewrite");
  return plugin("proxy-rewrite", {
    ...(rewrite === undefined ? {} : pathRewriteOf(rewrite, matches, provider)),
    host: rewrite?.text("authority"),
    headers: requestHeadersOf(service.at("headers")?.at("request")),
  });
}

/** Meshes replace the prefix that matched; the Gateway API the whole path, unless told otherwise. */
function pathRewriteOf(rewrite: Reader, matches: readonly Reader[], provider: string): Plugin["config"] {
  const uri = rewrite.text("uri");
  const type = rewrite.text("type")?.value;
  rewrite.at("type")?.understand();
  if (uri === undefined) return {};
  if (!/^\/[^$?\s]*$/.test(uri.value)) return { uri: rewrite.at("uri")?.problem("must be a path that starts with /") };
  if (type === "ReplaceFullPath" || (type === undefined && provider.startsWith("gatewayapi"))) return { uri };
  const prefixes = matches.length === 0 ? ["/"] : matches.map((each) => each.at("uri")?.text("prefix")?.value);
  const [prefix] = prefixes;
  if (prefixes.every((each) => each === undefined)) return { uri };
  if (prefix === undefined || prefixes.some((each) => each !== prefix))
    return { uri: rewrite.at("uri")?.problem("replaces several prefixes: one rule can replace one") };
  return { regex_uri: uri.map((path) => prefixRewrite(prefix, path)) };
}

function prefixRewrite(prefix: string, path: string): readonly string[] {
  const slash = path.endsWith("/") ? "/?" : "";
  return [`^${literalPattern(prefix.replace(/\/+$/, ""))}${slash}(.*)`, `${path}$1`];
}

function requestHeadersOf(request: Reader | undefined): Draft {
  if (request === undefined) return undefined;
  const headers = { set: headerMap(request, "set"), add: headerMap(request, "add"), remove: request.texts("remove") };
  return Object.values(headers).every((each) => each === undefined) ? undefined : headers;
}

/** The response's `headers`: response-rewrite. */
export function headersOf(service: Reader): readonly Plugin[] {
  const response = service.at("headers")?.at("response");
  if (response === undefined) return [];
  const headers = {
    set: headerMap(response, "set"),
    add: headerMap(response, "add")?.map((each) => Object.entries(each).map(([name, value]) => `${name}: ${value}`)),
    remove: response.texts("remove"),
  };
  const added = headers.add?.value.find((line) => !/^[^:]+:[^:]*[^/]$/.test(line));
  if (added !== undefined)
    response.at("add")?.problem("has a value with ':', or one that ends with '/': APISIX can't add it");
  return Object.values(headers).every((each) => each === undefined) ? [] : plugin("response-rewrite", { headers });
}

/** Values as they are: APISIX would fill in `$name`, Envoy `%NAME%`. */
function headerMap(at: Reader, key: string): Headers | undefined {
  const found = at.textMap(key);
  for (const [name, value] of Object.entries(found?.value ?? {})) {
    if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) at.at(key)?.problem("has a name that is not a header's");
    if (!/^[\t\x20-\x7e]+$/.test(value) || /\$|%[A-Z_]+[%(]/.test(value))
      at.at(key)?.problem("has a value that is empty, is not one line of ASCII, or is filled in by the gateway");
  }
  return found;
}

/** `corsPolicy`: cors. */
export function corsOf(service: Reader): readonly Plugin[] {
  const cors = service.at("corsPolicy");
  if (cors === undefined) return [];
  const credentials = cors.flag("allowCredentials");
  const [methods, headers, exposed] = ["allowMethods", "allowHeaders", "exposeHeaders"].map((key) => joined(cors, key));
  const origins = originsOf(cors);
  const isOpen = [methods, headers, exposed, origins.allow_origins].some((each) => each?.value === "*");
  if (credentials?.value === true && isOpen) cors.problem("allows credentials, so nothing in it may be *");
  return plugin("cors", {
    ...origins,
    // Without a list browsers send what needs no permission, and APISIX would permit everything.
    allow_methods: methods ?? "GET,HEAD,POST",
    allow_headers: headers ?? "Accept,Accept-Language,Content-Language,Content-Type",
    expose_headers: exposed,
    max_age: maxAgeOf(cors),
    allow_credential: credentials,
  });
}

function joined(cors: Reader, key: string): Leaf<string> | undefined {
  const names = cors.texts(key);
  if (names?.value.some((each) => !/^[A-Za-z0-9*_-]+$/.test(each)) === true)
    return cors.at(key)?.problem("has something that is neither a name nor *");
  return names?.map((each) => (each.includes("*") ? "*" : each.join(",")));
}

interface Origins {
  readonly [key: string]: Draft;
  readonly allow_origins?: Leaf<string>;
}

function originsOf(cors: Reader): Origins {
  const old = cors.items("allowOrigin").map((each) => exactOrigin(each, each.as("text", isText)));
  const origins = cors.items("allowOrigins");
  const patterns = origins.map(patternOf);
  const exact = [...old, ...origins.map((each) => exactOrigin(each, each.text("exact")))];
  const names = exact.filter((each) => each !== undefined);
  const [first] = names;
  if (patterns.every((each) => each === undefined)) {
    if (first === undefined) cors.missing("allowOrigins", "a list");
    const all = names.map(({ value }) => value);
    return first === undefined
      ? {}
      : { allow_origins: first.map(() => (all.includes("*") ? "*" : all.join(","))).with(...names) };
  }
  const literal = names.map((each) => each.map((value) => (value === "*" ? ".*" : `^${literalPattern(value)}$`)));
  return { allow_origins_by_regex: [...literal, ...patterns.filter((each) => each !== undefined)] };
}

function exactOrigin(at: Reader, origin: Leaf<string> | undefined): Leaf<string> | undefined {
  if (origin === undefined || /^(\*|\w+:\/\/[^,\s]+)$/.test(origin.value)) return origin;
  return at.problem("must be an origin, like https://example.com");
}

/** Envoy matches the whole origin, APISIX any part of it. */
function patternOf(origin: Reader): Leaf<string> | undefined {
  const regex = origin.text("regex");
  // One expression that APISIX can't compile stops every update.
  if (regex !== undefined && !compilesAsPcre(regex.value))
    return origin.at("regex")?.problem("is no regular expression");
  return regex?.map((each) => `^(?:${each})$`) ?? origin.text("prefix")?.map((each) => `^${literalPattern(each)}`);
}

function maxAgeOf(cors: Reader): Leaf<number> | undefined {
  const maxAge = cors.text("maxAge");
  const checked = check(durationSeconds, maxAge?.value ?? 0);
  if (checked.kind !== "valid") return cors.at("maxAge")?.problem('is not a duration like "24h"');
  return maxAge?.map(() => Math.round(checked.settings));
}
