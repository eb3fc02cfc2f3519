// Stand-in for Apache APISIX 3.17: the traffic-split plugin.
import type { Upstream } from "../admin/model.js";
import type { PluginConfig } from "../plugins/check.js";
import { compileExpression } from "./expression.js";
import type { Condition, VariableReader } from "./expression.js";
import type { UpstreamState } from "./upstream.js";
import type { RoundRobinMemory } from "./weighted.js";

/** Where a split sends a request: an upstream, or "default" for the route's own. */
export type SplitTarget = UpstreamState | "default" | undefined;

/** Chooses a target; undefined means that the named upstream does not exist. */
export type Split = (read: VariableReader, worker: number) => SplitTarget;

/** How the compiler finds upstreams: by id, or written into the plugin. */
export interface UpstreamFinder {
  byId(id: string): UpstreamState | undefined;
  inline(key: string, upstream: Upstream): UpstreamState;
}

/** Compiles the plugin of one route; `key` identifies it over reloads. */
export function compileSplit(
  key: string,
  plugin: PluginConfig<"traffic-split">,
  memory: RoundRobinMemory<number>,
  find: UpstreamFinder,
): Split {
  const rules = (plugin.rules ?? []).map((rule, index) => {
    const ruleKey = `${key}/${String(index)}`;
    const targets = rule.weighted_upstreams.map((entry, position): SplitTarget => {
      if (entry.upstream_id !== undefined) {
        return find.byId(entry.upstream_id);
      }
      return entry.upstream === undefined ? "default" : find.inline(`${ruleKey}/${String(position)}`, entry.upstream);
    });
    return {
      matches: ruleCondition(rule.match ?? []),
      targets,
      robin: memory.robin(
        ruleKey,
        rule.weighted_upstreams.map((entry, value) => ({ value, weight: entry.weight })),
      ),
    };
  });
  return (read, worker) => {
    // One upstream that is gone spoils the whole rule, whoever the pick would have been.
    const rule = rules.find((candidate) => candidate.targets.includes(undefined) || candidate.matches(read));
    if (rule === undefined) {
      return "default";
    }
    if (rule.targets.includes(undefined)) {
      return undefined;
    }
    const index = rule.robin.next(worker);
    return index === undefined ? "default" : rule.targets[index];
  };
}

function ruleCondition(match: readonly { readonly vars?: readonly unknown[] | undefined }[]): Condition {
  const conditions = match.map((entry) => compileExpression(entry.vars ?? []));
  return conditions.length === 0 ? () => true : (read) => conditions.some((condition) => condition(read));
}
