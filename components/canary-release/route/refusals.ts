import type { AnalysisSettings } from "../../../release/settings/index.js";
import { isOwnName, mirrorOf, ownRulesOf } from "../../../release/strategy/index.js";
import { listIn, matchOf, nameOf, pluginsOf } from "./http-rule.js";
import type { HttpRule } from "./http-rule.js";

type Refusal = readonly [where: string, why: string];

/** @throws Error in one line: what of a rule of the user's a strategy can't be built on, and what is possible instead */
export function refuse(rule: HttpRule, analysis: AnalysisSettings): void {
  const found = refusalsOf(rule, analysis).map(([where, why]) => `analysis.${where}: rule ${nameOf(rule)} ${why}`);
  if (found.length > 0) throw new Error(found.join("; "));
}

function refusalsOf(rule: HttpRule, analysis: AnalysisSettings): readonly Refusal[] {
  const own = ownRulesOf(analysis);
  const [first] = own;
  return [
    ...(first !== undefined && isOwnName(nameOf(rule))
      ? [[nameOfKind[first], "is named as those that are added: give it another name"] as const]
      : []),
    ...ofMatch(rule, analysis),
    ...ofPreview(rule, analysis),
    ...ofMirror(rule, analysis),
    ...ofAffinity(rule, analysis),
  ];
}

const nameOfKind = { match: "match", preview: "preview", bucket: "sessionAffinity", mirror: "mirror" } as const;

function ofMatch(rule: HttpRule, { match }: AnalysisSettings): readonly Refusal[] {
  const limited = listIn(matchOf(rule), "remoteAddrs").length > 0;
  return (match ?? []).flatMap((entry, index) =>
    entry.remoteAddr !== undefined && limited
      ? [[`match[${index}].remoteAddr`, "limits addresses itself: match headers, cookies or query"] as const]
      : [],
  );
}

function ofPreview(rule: HttpRule, { preview }: AnalysisSettings): readonly Refusal[] {
  if (preview === undefined || "header" in preview) return [];
  if ("path" in preview)
    return rewriterOf(rule).map((what) => ["preview.path", `has ${what}: give preview.hosts or preview.header`] as const);
  const hosts = listIn(matchOf(rule), "hosts");
  return preview.hosts.flatMap((host, index) =>
    hosts.includes(host)
      ? [[`preview.hosts[${index}]`, `serves ${host} to its users: give a host that nobody uses`] as const]
      : [],
  );
}

function ofMirror(rule: HttpRule, analysis: AnalysisSettings): readonly Refusal[] {
  if (mirrorOf(analysis) === undefined) return [];
  const taken = has(rule, "proxy-mirror") ? ["a proxy-mirror of its own"] : [];
  return [...taken, ...rewriterOf(rule)].map((what) => ["mirror", `has ${what}, so it can't be mirrored`] as const);
}

function ofAffinity(rule: HttpRule, { sessionAffinity }: AnalysisSettings): readonly Refusal[] {
  if (sessionAffinity === undefined || !has(rule, "response-rewrite")) return [];
  return [["sessionAffinity", "has a response-rewrite of its own, where the cookie is to be: set headers in the application"]];
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
