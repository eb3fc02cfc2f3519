import type { Announcement } from "../../ports/index.js";
import type { ReleaseSettings } from "../../settings/index.js";

/** So long a failure stays on the board unless a later run ends it. */
const firingMs = 24 * 60 * 60 * 1000;

const severities = { warning: "warning", error: "critical" } as const;

/**
 * Alerts of Alertmanager's v2 API. Trouble starts an alert. Good news (a new run, a promotion) end what fired
 * before: the labels, which are an alert's identity, name the release and not the revision.
 */
export function alertmanagerAlerts(
  release: Pick<ReleaseSettings, "name" | "namespace" | "revision">,
  { level, message, phase }: Announcement,
  at: Date,
): readonly object[] {
  const annotations = { summary: message, phase, revision: release.revision };
  if (level !== "info") {
    const endsAt = new Date(at.getTime() + firingMs).toISOString();
    return [{ labels: labelsOf(release, severities[level]), annotations, startsAt: at.toISOString(), endsAt }];
  }
  const ended = { startsAt: new Date(at.getTime() - 1).toISOString(), endsAt: at.toISOString() };
  return Object.values(severities).map((severity) => ({ labels: labelsOf(release, severity), annotations, ...ended }));
}

function labelsOf({ name, namespace }: { name: string; namespace: string }, severity: string): object {
  return { alertname: "CanaryReleaseTrouble", namespace, release: name, severity };
}
