import type { Announcement } from "../../ports/index.js";
import type { AlertSettings, ReleaseSettings } from "../../settings/index.js";
import { alertmanagerAlerts } from "./alertmanager.js";

/** What a provider of alerts is sent, and to which path below its address. */
export interface AlertRequest {
  readonly url: URL;
  readonly payload: unknown;
}

/** What an alert says, independent of who takes it. */
export interface AlertText {
  readonly release: string;
  readonly message: string;
  readonly fields: readonly { readonly title: string; readonly value: string }[];
  readonly level: Announcement["level"];
}

type Source = Pick<ReleaseSettings, "name" | "namespace" | "revision" | "routeName">;

/** Builds the request of one alert; undefined where this provider is told nothing of it. */
export function alertRequest(
  release: Source,
  alert: AlertSettings,
  announcement: Announcement,
  at: Date,
): AlertRequest | undefined {
  const text = textOf(release, announcement);
  const url = new URL(alert.provider.address);
  switch (alert.provider.type) {
    case "slack":
    case "rocket":
      return { url, payload: slack(text, alert.provider) };
    case "discord":
      return { url: below(url, "/slack"), payload: slack(text, alert.provider) };
    case "msteams":
      return { url, payload: teams(text) };
    case "gchat":
      return { url, payload: googleChat(text) };
    case "alertmanager":
      return { url: below(url, "/api/v2/alerts"), payload: alertmanagerAlerts(release, announcement, at) };
  }
}

function textOf(release: Source, { message, phase, canaryWeight, level }: Announcement): AlertText {
  return {
    release: `${release.name}.${release.namespace}`,
    message,
    level,
    fields: [
      { title: "Phase", value: phase },
      { title: "Canary weight", value: `${canaryWeight}%` },
      { title: "Revision", value: release.revision },
      { title: "Route", value: release.routeName },
    ],
  };
}

/** An address that already has the path keeps it. */
function below(url: URL, path: string): URL {
  const root = url.pathname.replace(/\/+$/, "");
  const full = new URL(url);
  full.pathname = root.endsWith(path) ? root : `${root}${path}`;
  return full;
}

/** Slack's attachments, which Rocket.Chat and Discord (below `/slack`) take too. */
function slack(text: AlertText, { channel, username }: AlertSettings["provider"]): unknown {
  const colors = { info: "good", warning: "warning", error: "danger" } as const;
  return {
    ...(channel === undefined ? {} : { channel }),
    username: username ?? "apisix-canary",
    icon_emoji: ":rocket:",
    attachments: [
      {
        color: colors[text.level],
        author_name: text.release,
        text: text.message,
        mrkdwn_in: ["text"],
        fields: text.fields.map((field) => ({ ...field, short: false })),
      },
    ],
  };
}

/** The MessageCard of a Teams connector. */
function teams(text: AlertText): unknown {
  const colors = { info: "2DC72D", warning: "FFC000", error: "CC0000" } as const;
  return {
    "@type": "MessageCard",
    "@context": "http://schema.org/extensions",
    themeColor: colors[text.level],
    summary: text.release,
    sections: [
      {
        activityTitle: text.message,
        activitySubtitle: text.release,
        facts: text.fields.map(({ title, value }) => ({ name: title, value })),
      },
    ],
  };
}

/** A card of Google Chat. */
function googleChat(text: AlertText): unknown {
  const widgets = [
    { textParagraph: { text: text.message } },
    ...text.fields.map(({ title, value }) => ({ keyValue: { topLabel: title, content: value } })),
  ];
  return { cards: [{ header: { title: "apisix-canary", subtitle: text.release }, sections: [{ widgets }] }] };
}
