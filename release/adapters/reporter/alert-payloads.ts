import type { Announcement } from "../../ports/index.js";
import type { AlertSettings } from "../../settings/index.js";
import { alertText } from "./alert-text.js";
import type { AlertField, AlertSource, AlertText } from "./alert-text.js";
import { alertmanagerAlerts } from "./alertmanager.js";

/** What a provider of alerts is sent, and to which path below its address. */
export interface AlertRequest {
  readonly url: URL;
  readonly payload: unknown;
}

/** Builds the request of one alert. */
export function alertRequest(
  source: AlertSource,
  alert: AlertSettings,
  announcement: Announcement,
  at: Date,
): AlertRequest {
  const text = alertText(source, announcement);
  const url = new URL(alert.provider.address);
  switch (alert.provider.type) {
    case "slack":
      return { url, payload: slack(text, alert.provider, at, escapeForSlack) };
    case "rocket":
      return { url, payload: slack(text, alert.provider, at, plain) };
    case "discord":
      return { url: below(url, "/slack"), payload: slack(text, alert.provider, at, plain) };
    case "msteams":
      return { url, payload: teams(text) };
    case "gchat":
      return { url, payload: googleChat(text) };
    case "alertmanager":
      return { url: below(url, "/api/v2/alerts"), payload: alertmanagerAlerts(source, text, announcement, at) };
  }
}

/** An address that already has the path keeps it. */
function below(url: URL, path: string): URL {
  const root = url.pathname.replace(/\/+$/, "");
  const full = new URL(url);
  full.pathname = root.endsWith(path) ? root : `${root}${path}`;
  return full;
}

/** How a provider takes text that is nothing but text. */
type Escape = (text: string) => string;

const plain: Escape = (text) => text;

/** Slack's three control characters: without this `<!channel>` would call everybody, and `97% < 99%` lose its rest. */
const escapeForSlack: Escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Teams and Google Chat take some HTML. */
const escapeForHtml: Escape = escapeForSlack;

/** Slack's attachments, which Rocket.Chat and Discord (below `/slack`) take too. */
function slack(text: AlertText, { channel, username }: AlertSettings["provider"], at: Date, escape: Escape): unknown {
  const colors = { info: "good", warning: "warning", critical: "danger" } as const;
  const field = ({ title, value }: AlertField) => ({ title, value: escape(value), short: value.length < 30 });
  return {
    ...(channel === undefined ? {} : { channel }),
    username: username ?? "apisix-canary",
    icon_emoji: ":rocket:",
    attachments: [
      {
        color: colors[text.severity],
        author_name: text.release,
        fallback: escape(`${text.release}: ${sentences(text)}`),
        text: escape(lines(text).join("\n")),
        mrkdwn_in: ["text", "fields"],
        fields: [
          ...[...text.findings, ...text.fields].map(field),
          ...text.hints.map(({ title, value }) => ({ title, value: `\`${escape(value)}\``, short: false })),
        ],
        footer: text.severity,
        ts: Math.floor(at.getTime() / 1000),
      },
    ],
  };
}

/** The MessageCard of a Teams connector. */
function teams(text: AlertText): unknown {
  const colors = { info: "2DC72D", warning: "FFC000", critical: "CC0000" } as const;
  const fact = ({ title, value }: AlertField) => ({ name: title, value: escapeForHtml(value) });
  const hint = ({ title, value }: AlertField) => ({ name: title, value: `\`${value}\`` });
  return {
    "@type": "MessageCard",
    "@context": "http://schema.org/extensions",
    themeColor: colors[text.severity],
    summary: `${text.release}: ${sentences(text)}`,
    sections: [
      {
        activityTitle: escapeForHtml(text.message),
        activitySubtitle: text.release,
        ...(text.reason === "" ? {} : { text: escapeForHtml(text.reason) }),
        facts: [
          ...[...text.findings, ...text.fields].map(fact),
          { name: "Severity", value: text.severity },
          ...text.hints.map(hint),
        ],
      },
    ],
  };
}

/** A card of Google Chat. */
function googleChat(text: AlertText): unknown {
  const entry = ({ title, value }: AlertField) => ({
    keyValue: { topLabel: title, content: escapeForHtml(value), contentMultiline: true },
  });
  const said = lines(text).map((line) => ({ textParagraph: { text: escapeForHtml(line) } }));
  const severity = { title: "Severity", value: text.severity };
  return {
    cards: [
      {
        header: { title: "apisix-canary", subtitle: text.release },
        sections: [
          { widgets: [...said, ...[...text.findings, ...text.fields, severity].map(entry)] },
          { widgets: text.hints.map(entry) },
        ],
      },
    ],
  };
}

function lines({ message, reason }: AlertText): readonly string[] {
  return reason === "" ? [message] : [message, reason];
}

function sentences(text: AlertText): string {
  return lines(text).join(": ");
}
