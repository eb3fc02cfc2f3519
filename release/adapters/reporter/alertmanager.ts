import type { Announcement } from "../../ports/index.js";
import type { AlertSource, AlertText } from "./alert-text.js";

/** So long a failure stays on the board unless a later run ends it. */
const firingMs = 24 * 60 * 60 * 1000;

const severities = { warning: "warning", error: "critical" } as const;

/**
 * Alerts of Alertmanager's v2 API. Trouble starts an alert. Good news (a new run, a promotion) end what fired
 * before: the labels, which are an alert's identity, name the release and not the revision.
 */
export function alertmanagerAlerts(
  release: AlertSource,
  text: AlertText,
  { level }: Announcement,
  at: Date,
): readonly object[] {
  const annotations = annotationsOf(text);
  if (level !== "info") {
    const endsAt = new Date(at.getTime() + firingMs).toISOString();
    return [{ labels: labelsOf(release, severities[level]), annotations, startsAt: at.toISOString(), endsAt }];
  }
  const ended = { startsAt: new Date(at.getTime() - 1).toISOString(), endsAt: at.toISOString() };
  return Object.values(severities).map((severity) => ({ labels: labelsOf(release, severity), annotations, ...ended }));
}

function labelsOf({ name, namespace }: AlertSource, severity: string): object {
  return { alertname: "CanaryReleaseTrouble", namespace, release: name, severity };
}

/** All of it by name, for the templates of receivers. */
function annotationsOf({ message, reason, fields, hints, findings: [finding] }: AlertText): object {
  const named = [...fields, ...hints].map(
    ({ title, value }) => [title.toLowerCase().replaceAll(/\W+/g, "_"), value] as const,
  );
  return {
    summary: message,
    ...(reason === "" ? {} : { description: reason }),
    ...Object.fromEntries<string>(named),
    ...(finding === undefined ? {} : figuresOf(finding.check)),
  };
}

function figuresOf({ metric, value, limit, requests, confidence }: AlertText["findings"][number]["check"]): object {
  return {
    metric,
    value,
    limit,
    requests: String(requests),
    ...(confidence === undefined ? {} : { confidence }),
  };
}
