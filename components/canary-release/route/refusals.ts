import type { AnalysisSettings } from "../../../release/settings/index.js";
import { isOwnName, mirrorOf, ownRulesOf } from "../../../release/strategy/index.js";
import { listIn, matchOf, nameOf, pluginsOf } from "./http-rule.js";
import type { HttpRule } from "./http-rule.js";

/** What of a rule of the user's a strategy can't be built on, and what is possible instead. */
export interface Refusal {
  /** Within the arguments. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export function refusalsOf(rules: readonly HttpRule[], analysis: AnalysisSettings): readonly Refusal[] {
  return rules.flatMap((rule) => {
    const found = [
      ...ofNames(rule, analysis),
      ...ofBackends(rule, analysis),
      ...ofMatch(rule, analysis),
      ...ofPreview(rule, analysis),
      ...ofMirror(rule, analysis),
      ...ofAffinity(rule, analysis),
    ];
    return found.map(([path, why]) => ({ path: ["analysis", ...path], message: `rule ${nameOf(rule)} ${why}` }));
  });
}

type Reason = readonly [path: readonly (string | number)[], why: string];

function ofNames(rule: HttpRule, analysis: AnalysisSettings): readonly Reason[] {
  const [first] = ownRulesOf(analysis);
  if (first === undefined || !isOwnName(nameOf(rule))) return [];
  const field = first === "bucket" ? "sessionAffinity" : first;
  return [[[field], "is named like those that are added for it: give it another name"]];
}

/** Users of somebody else's part of a rule would be sent to the release by a rule of its own. */
function ofBackends(rule: HttpRule, analysis: AnalysisSettings): readonly Reason[] {
  const [first] = ownRulesOf(analysis);
  const lengthOf = (list: unknown): number => (Array.isArray(list) ? list.length : 0);
  const count = lengthOf(rule["backends"]) + lengthOf(rule["upstreams"]);
  if (first === undefined || count <= 2) return [];
  const field = first === "bucket" ? "sessionAffinity" : first;
  return [[[field], "has other backends than the release's: weights are possible there, or a rule of its own"]];
}

function ofMatch(rule: HttpRule, { match }: AnalysisSettings): readonly Reason[] {
  const limited = listIn(matchOf(rule), "remoteAddrs").length > 0;
  return (match ?? []).flatMap((entry, index) =>
    entry.remoteAddr !== undefined && limited
      ? [[["match", index, "remoteAddr"], "limits addresses itself: match headers, cookies or query"] as const]
      : [],
  );
}

function ofPreview(rule: HttpRule, { preview }: AnalysisSettings): readonly Reason[] {
  if (preview === undefined || "header" in preview) return [];
  if ("path" in preview)
    return rewriterOf(rule).map(
      (what) => [["preview", "path"], `has ${what}: give preview.hosts or preview.header`] as const,
    );
  const hosts = listIn(matchOf(rule), "hosts");
  return preview.hosts.flatMap((host, index) =>
    hosts.includes(host)
      ? [[["preview", "hosts", index], `serves ${host} to its users: give a host that nobody uses`] as const]
      : [],
  );
}

function ofMirror(rule: HttpRule, analysis: AnalysisSettings): readonly Reason[] {
  if (mirrorOf(analysis) === undefined) return [];
  const taken = has(rule, "proxy-mirror") ? ["a proxy-mirror of its own"] : [];
  return [...taken, ...rewriterOf(rule)].map((what) => [["mirror"], `has ${what}, so it can't be mirrored`] as const);
}

function ofAffinity(rule: HttpRule, { sessionAffinity }: AnalysisSettings): readonly Reason[] {
  if (sessionAffinity === undefined || !has(rule, "response-rewrite")) return [];
  return [
    [
      ["sessionAffinity"],
      "has a response-rewrite of its own, where the cookie is to be: set headers in the application",
    ],
  ];
}

/** What changes the path on its way, and would be replaced by a rewriting of ours. */
function rewriterOf(rule: HttpRule): readonly string[] {
  const config: unknown = rule["plugin_config_name"];
  return [
    ...(has(rule, "proxy-rewrite") ? ["a proxy-rewrite of its own"] : []),
    ...(typeof config === "string" && config !== "" ? [`plugins from ApisixPluginConfig ${config}`] : []),
  ];
}

function has(rule: HttpRule, plugin: string): boolean {
  return pluginsOf(rule).some(({ name }) => name === plugin);
}
