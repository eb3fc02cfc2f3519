import { parser } from "@prometheus-io/lezer-promql";

/** Names of the metrics that an expression asks for. @throws Error where it is not PromQL. */
export function metricsIn(expression: string): readonly string[] {
  const names: string[] = [];
  parser.parse(expression).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError) throw new Error(`no PromQL at ${expression.slice(Math.max(0, from - 20), to + 20)}`);
      if (type.name === "VectorSelector") {
        const [name] = /^\w+/.exec(expression.slice(from, to)) ?? [];
        if (name !== undefined) names.push(name);
      }
    },
  });
  return names;
}
