import type { SourceRule } from "./source.js";

/**
 * Where a cloned rule, one priority above its source, would meet a rule of the same route that is not cloned and had
 * been above it: which of two rules of one priority serves, nobody can tell.
 */
export function priorityClashes(rules: readonly SourceRule[], cloned: ReadonlySet<number>): readonly string[] {
  return rules.flatMap((other, index) => {
    if (cloned.has(index)) return [];
    return [...cloned].flatMap((mine) => {
      const rule = rules[mine];
      if (rule === undefined || priorityOf(other) !== priorityOf(rule) + 1 || !mayBothMatch(rule, other)) return [];
      return [
        `spec.http[${index}].priority: ${priorityOf(other)} of rule ${other.name} is what the release gives to its copy of rule ${rule.name}: raise it to ${priorityOf(other) + 1}`,
      ];
    });
  });
}

function priorityOf({ priority }: SourceRule): number {
  return priority ?? 0;
}

/** Longer paths are matched first whatever their priority: only equal ones compete. */
function mayBothMatch(a: SourceRule, b: SourceRule): boolean {
  const paths = a.match.paths ?? [];
  return (
    (b.match.paths ?? []).some((path) => paths.includes(path)) && hostsMeet(a.match.hosts ?? [], b.match.hosts ?? [])
  );
}

function hostsMeet(a: readonly string[], b: readonly string[]): boolean {
  if (a.length === 0 || b.length === 0) return true;
  return a.some((host) => b.some((other) => host === other || covers(host, other) || covers(other, host)));
}

function covers(pattern: string, host: string): boolean {
  return pattern.startsWith("*.") && host.endsWith(pattern.slice(1));
}
