import { cloneRules, sourceRoute } from "../../../release/source-route/index.js";
import type { Clone, HttpRule, PluginConfigs, Splitting } from "../../../release/source-route/index.js";

const splitting: Splitting = {
  namespace: "test",
  name: "web",
  service: { name: "web", port: 80, portName: "http" },
  ingressClassName: "apisix",
};

export type Rule = Readonly<Record<string, unknown>>;

export function rule(change: Rule = {}): Rule {
  return {
    name: "app",
    match: { hosts: ["app.example.com"], paths: ["/*"] },
    backends: [{ serviceName: "web", servicePort: 80 }],
    ...change,
  };
}

export function backend(serviceName: string, weight?: number, more: Rule = {}): Rule {
  return { serviceName, servicePort: 80, ...(weight === undefined ? {} : { weight }), ...more };
}

/** A live route with these rules. */
function live(http: readonly Rule[], spec: Rule = {}): unknown {
  return { metadata: { name: "shop", uid: "u" }, spec: { http, ...spec } };
}

export function clone(http: readonly Rule[], spec: Rule = {}, configs?: PluginConfigs): Clone {
  return cloneRules(sourceRoute.parse(live(http, spec)), splitting, configs);
}

export function cloned(http: readonly Rule[], configs?: PluginConfigs): readonly HttpRule[] {
  const result = clone(http, {}, configs);
  if (result.kind === "refused") throw new Error(result.problems.join("; "));
  return result.http;
}

export function problems(http: readonly Rule[], spec: Rule = {}, configs?: PluginConfigs): readonly string[] {
  const result = clone(http, spec, configs);
  return result.kind === "refused" ? result.problems : [];
}
