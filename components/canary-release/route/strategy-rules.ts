import { serviceName } from "../../../release/model/index.js";
import type { AffinitySettings, AnalysisSettings, MirrorSettings } from "../../../release/settings/index.js";
import {
  emptyBuckets,
  mirrorOf,
  mirrorPath,
  ownRulesOf,
  restMirrorRatio,
  ruleNameOf,
} from "../../../release/strategy/index.js";
import type { OwnRuleKind } from "../../../release/strategy/index.js";
import type { RoutePlugin } from "../args.js";
import { expressionOf, expressionsOf, literal } from "./conditions.js";
import { backendsAtRest, listIn, matchOf, nameOf, pluginsOf, priorityOf, prometheus } from "./http-rule.js";
import type { Expression, HttpRule } from "./http-rule.js";

/** What the rules of a strategy are made of. */
export interface Strategy {
  readonly analysis: AnalysisSettings;
  readonly service: string;
  readonly port: number;
  /** Part of the mirrors' path: who doesn't know it can't guess it. */
  readonly mirrorToken: string;
}

/**
 * Of rules of ours that match as well, the higher one serves: the way of a preview is its own whoever goes it. All are
 * above every rule of the user's that they belong to by as much as it is itself above others.
 */
const above: Readonly<Record<OwnRuleKind, number>> = { match: 1, bucket: 1, newcomer: 1, preview: 2, mirror: 3 };

/** Where the gateway reaches itself: any of its workers, over loopback. */
const gatewayItself = "http://127.0.0.1:9080";

/**
 * The whole route at rest: the user's rules, 100/0 as all others, and behind them those of the strategy; a release moves
 * numbers, a mirror's ratio and the pattern of a cookie, and never the rules. What it can't be built on `refusalsOf` says.
 */
export function rulesAtRest(base: readonly HttpRule[], strategy: Strategy): readonly HttpRule[] {
  const kinds = ownRulesOf(strategy.analysis);
  const own = kinds.flatMap((kind) => base.flatMap((rule, index) => rulesOf(kind, rule, index, strategy)));
  return [...base.map((rule, index) => withOwnPlugins(rule, index, strategy)), ...own];
}

function rulesOf(kind: OwnRuleKind, rule: HttpRule, index: number, strategy: Strategy): readonly HttpRule[] {
  switch (kind) {
    case "match":
      return matchRules(rule, strategy);
    case "preview":
      return [previewRule(rule, strategy)];
    case "bucket":
      return bucketRules(rule, strategy);
    case "newcomer":
      return newcomerRules(rule, strategy);
    case "mirror":
      return [mirrorRule(rule, index, strategy)];
  }
}

/** The same requests under another name and a narrower condition. */
function variant(
  rule: HttpRule,
  kind: OwnRuleKind,
  { service, port }: Strategy,
  change: { readonly entry?: number; readonly match?: HttpRule; readonly exprs?: readonly Expression[] },
): HttpRule {
  const match = matchOf(rule);
  const exprs = [...listIn(match, "exprs"), ...(change.exprs ?? [])];
  return {
    ...rule,
    name: ruleNameOf(nameOf(rule), kind, change.entry),
    priority: priorityOf(rule) + above[kind],
    match: { ...match, ...change.match, ...(exprs.length === 0 ? {} : { exprs }) },
    backends: backendsAtRest(service, port),
  };
}

/** One for each entry: within one its conditions hold together, and any of the entries does. */
function matchRules(rule: HttpRule, strategy: Strategy): readonly HttpRule[] {
  return (strategy.analysis.match ?? []).map((entry, index) =>
    variant(rule, "match", strategy, {
      entry: index,
      exprs: expressionsOf(entry),
      ...(entry.remoteAddr === undefined ? {} : { match: { remoteAddrs: entry.remoteAddr } }),
    }),
  );
}

function previewRule(rule: HttpRule, strategy: Strategy): HttpRule {
  const { preview } = strategy.analysis;
  if (preview === undefined) throw new Error("analysis.preview: is missing");
  if ("hosts" in preview) return variant(rule, "preview", strategy, { match: { hosts: preview.hosts } });
  if ("header" in preview) {
    const { name, value } = preview.header;
    return variant(rule, "preview", strategy, { exprs: [expressionOf("Header", name, { exact: value })] });
  }
  const paths = listIn(matchOf(rule), "paths").map((path) => `${preview.path}${String(path)}`);
  const moved = variant(rule, "preview", strategy, { match: { paths } });
  return { ...moved, plugins: [...pluginsOf(rule), withoutPrefix(literal(preview.path))] };
}

function bucketRules(rule: HttpRule, strategy: Strategy): readonly HttpRule[] {
  const { sessionAffinity } = strategy.analysis;
  if (sessionAffinity === undefined) return [];
  const cookie = expressionOf("Cookie", sessionAffinity.cookieName, { regex: emptyBuckets });
  return [variant(rule, "bucket", strategy, { exprs: [cookie] })];
}

/**
 * Who has no cookie is about to get one, and it is drawn before the way is chosen: so its bucket decides already, and the
 * second answer comes from where the first came from.
 */
function newcomerRules(rule: HttpRule, strategy: Strategy): readonly HttpRule[] {
  const { sessionAffinity } = strategy.analysis;
  if (sessionAffinity === undefined) return [];
  const exprs = [
    expressionOf("Cookie", sessionAffinity.cookieName, { present: false }),
    expressionOf("Variable", bucketVariable, { regex: emptyBuckets }),
  ];
  const moved = variant(rule, "newcomer", strategy, { exprs });
  return [{ ...moved, plugins: [...pluginsOf(rule), bucketCookie(sessionAffinity)] }];
}

/**
 * What comes back from the gateway itself, for the canary and nobody else: a primary must not get a request twice, and
 * with the canary's pods gone a copy is answered 503, which no user sees. So it has one backend, and rests by no copies
 * being made.
 */
function mirrorRule(rule: HttpRule, index: number, { analysis, service, port, mirrorToken }: Strategy): HttpRule {
  const own = pathOf(mirrorToken, index);
  const source = expressionOf("Variable", "realip_remote_addr", { exact: "127.0.0.1" });
  const hosts = listIn(matchOf(rule), "hosts");
  // Shorter ones the gateway takes for none at all.
  const limit = `${Math.ceil(mirrorOf(analysis)?.timeout ?? 1)}s`;
  return {
    name: ruleNameOf(nameOf(rule), "mirror"),
    priority: priorityOf(rule) + above.mirror,
    match: { ...(hosts.length === 0 ? {} : { hosts }), paths: [`${own}/*`], exprs: [source] },
    timeout: { connect: limit, send: limit, read: limit },
    backends: [{ serviceName: serviceName(service, "canary"), servicePort: port, weight: 100 }],
    plugins: [prometheus, withoutPrefix(own.replace("/.", "/[.]"))],
  };
}

/** What the strategy adds to a rule of the user's. */
function withOwnPlugins(rule: HttpRule, index: number, { analysis, mirrorToken }: Strategy): HttpRule {
  const mirror = mirrorOf(analysis);
  const { sessionAffinity } = analysis;
  const added = [
    ...(mirror === undefined ? [] : [copies(mirror, pathOf(mirrorToken, index))]),
    ...(sessionAffinity === undefined ? [] : [bucketCookie(sessionAffinity)]),
  ];
  return added.length === 0 ? rule : { ...rule, plugins: [...pluginsOf(rule), ...added] };
}

/** Copies of users' requests to the mirror's path; never a copy of a copy. Off at rest. */
function copies({ methods }: MirrorSettings, path: string): RoutePlugin {
  const guard = [
    ["uri", "!", "~~", `^${mirrorPath.replace("/.", "/[.]")}`],
    ["request_method", "in", methods],
  ];
  return {
    name: "proxy-mirror",
    enable: false,
    config: {
      host: gatewayItself,
      path,
      path_concat_mode: "prefix",
      sample_ratio: restMirrorRatio,
      _meta: { filter: guard },
    },
  };
}

/** Of the gateway: 32 random hex digits, the same all through a request. */
const bucketVariable = "request_id";

/** Who has none gets a bucket by chance, in releases and between them: so a share is one of users from its first second. */
function bucketCookie({ cookieName, maxAge, secure, sameSite }: AffinitySettings): RoutePlugin {
  const attributes = [
    `${cookieName}=$${bucketVariable}`,
    "Path=/",
    `Max-Age=${maxAge}`,
    "HttpOnly",
    ...(secure ? ["Secure"] : []),
    ...(sameSite === undefined ? [] : [`SameSite=${sameSite}`]),
  ];
  const config = {
    // The application's own cookies stay: `set` would delete them.
    headers: { add: [`Set-Cookie: ${attributes.join("; ")}`] },
    vars: [[`cookie_${cookieName}`, "!", "~~", "^"]],
  };
  return { name: "response-rewrite", enable: true, config };
}

function withoutPrefix(pattern: string): RoutePlugin {
  return { name: "proxy-rewrite", enable: true, config: { regex_uri: [`^${pattern}(/.*)$`, "$1"] } };
}

function pathOf(token: string, index: number): string {
  return `${mirrorPath}${token}-${index}`;
}
