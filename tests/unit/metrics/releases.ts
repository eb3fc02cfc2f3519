import type { ReleaseStatus } from "../../../release/model/index.js";
import type { ObservedRelease } from "../../../release/ports/index.js";
import { Exporter } from "../../../release/watchdog/exporter.js";

const status: ReleaseStatus = {
  phase: "Progressing",
  canaryWeight: 20,
  plannedWeight: 50,
  failedChecks: 1,
  iterations: 0,
  lastTransitionTime: "2026-01-01T00:00:10Z",
  revision: "7d2f4c81",
  promotedRevision: "5a1b3c90",
  fence: 3,
  drainSeconds: 3,
  routeName: "podinfo-podinfo-canary",
  message: "",
  conditions: [],
  checks: [
    {
      metric: "request-success-rate",
      verdict: "breached",
      value: "97.01%",
      limit: "99%",
      requests: 836,
      confidence: "91.2%",
    },
    { metric: "request-duration", verdict: "pass", value: "495ms", limit: "500ms", requests: 836, confidence: "0%" },
    { metric: "queue-length", verdict: "noData", value: "-", limit: "5", requests: 0 },
  ],
};

export function observed(name: string, changed: Partial<ReleaseStatus> = {}): ObservedRelease {
  return {
    uid: `uid-${name}`,
    name,
    namespace: "test",
    version: "1",
    owner: "ours",
    serviceName: name,
    routeName: `${name}-route`,
    commands: {},
    status: { ...status, ...changed },
  };
}

/** What the watchdog tells of these releases, once it has looked. */
export async function exporterOf(releases: () => readonly ObservedRelease[], nowMs = () => 0): Promise<Exporter> {
  const exporter = new Exporter(nowMs, () => true);
  await exporter.watching({ list: () => Promise.resolve(releases()) }).list(new AbortController().signal);
  return exporter;
}
