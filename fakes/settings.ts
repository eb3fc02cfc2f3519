import { release } from "../release/settings/index.js";
import type { AnalysisInput, ReleaseInput, ReleaseSettings } from "../release/settings/index.js";

/** Settings of a release that is decided within half a minute of virtual time. */
export function settingsFor(
  revision: string,
  analysis: Partial<AnalysisInput> = {},
  rest: Partial<ReleaseInput> = {},
): ReleaseSettings {
  return release.parse({
    name: "podinfo",
    namespace: "test",
    revision,
    routeName: "podinfo-podinfo-canary",
    service: { name: "podinfo", port: 80 },
    analysis: { interval: "10s", ...weightsBeside(analysis), threshold: 3, ...analysis },
    prometheusUrl: "http://prometheus:9090",
    progressDeadline: "60s",
    ...rest,
  });
}

/** Of a strategy that has no weights of its own. */
function weightsBeside({ steps, match, iterations }: Partial<AnalysisInput>): Partial<AnalysisInput> {
  const others = [steps, match, iterations].some((each) => each !== undefined);
  return others ? {} : { stepWeight: 10, maxWeight: 50 };
}
