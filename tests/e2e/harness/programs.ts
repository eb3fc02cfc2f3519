/** Programs as users write them, as text for projects of their own. */
import { podSpec } from "./apps.js";
import { prometheusUrl, quickAnalysis } from "./stacks.js";

export interface More {
  /** Of the pods. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Arguments as text: what JSON can't say. */
  readonly lines?: readonly string[];
}

/** What a release of the programmable application has; `TAG` and `FAIL` come from the environment of `pulumi`. */
export function releaseText(
  name: string,
  namespace: string,
  args: Readonly<Record<string, unknown>>,
  { labels = {}, lines = [] }: More = {},
): string {
  const given = {
    namespace,
    service: { port: 80, targetPort: 9898 },
    ingressClassName: "apisix",
    prometheusUrl,
    progressDeadline: "30s",
    drain: "1s",
    analysis: quickAnalysis,
    ...args,
  };
  const spec = JSON.stringify(podSpec("TAG", { FAIL_PERCENT: "FAIL" }))
    .replace('"sandbox/faulty:TAG"', "`sandbox/faulty:${process.env.TAG}`")
    .replace('"FAIL"', 'process.env.FAIL ?? "0"');
  return [
    `const release = new CanaryRelease(${JSON.stringify(name)}, {`,
    `  ...${JSON.stringify(given)},`,
    `  template: { metadata: { labels: ${JSON.stringify(labels)} }, spec: ${spec} },`,
    ...lines,
    "});",
  ].join("\n");
}

export function program(...lines: readonly string[]): string {
  return ['const { CanaryRelease } = require("pulumi-apisix-canary");', ...lines, ""].join("\n");
}
