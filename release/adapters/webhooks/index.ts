import { setTimeout as wait } from "node:timers/promises";
import type { Phase } from "../../model/index.js";
import type { WebhookAnswer, WebhookPort } from "../../ports/index.js";
import type { ReleaseSettings, WebhookSettings } from "../../settings/index.js";
import { ExchangeError, quote } from "../http/index.js";
import type { Exchange } from "../http/index.js";
import type { ServiceAccess } from "../service-access/index.js";

const maxBytes = 64 * 1024;
/** Between two tries. */
const pauseMs = 250;

type Identity = Pick<ReleaseSettings, "name" | "namespace" | "revision">;

/**
 * Calls of the user's services. A 2xx answer is yes, anything else is no. Messages name the hook, never its URL,
 * which may hold a secret.
 */
export function createWebhooks(release: Identity, serviceAccess: ServiceAccess): WebhookPort {
  return {
    call: async (webhook, phase, signal) => {
      const request = requestOf(release, webhook, phase);
      let answer: WebhookAnswer = { kind: "ok" };
      for (let attempt = 0; attempt <= webhook.retries; attempt += 1) {
        if (attempt > 0) await pause(signal);
        answer = await once(serviceAccess, webhook, request, signal);
        if (answer.kind === "ok") return answer;
      }
      return answer;
    },
  };
}

function requestOf({ name, namespace, revision }: Identity, webhook: WebhookSettings, phase: Phase): Exchange {
  const payload = { name, namespace, phase, checksum: revision, metadata: webhook.metadata };
  return {
    url: new URL(webhook.url),
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(payload),
    timeoutMs: webhook.timeout * 1000,
    maxBytes,
    whenTooLarge: "cut",
  };
}

async function once(
  serviceAccess: ServiceAccess,
  webhook: WebhookSettings,
  request: Exchange,
  signal: AbortSignal,
): Promise<WebhookAnswer> {
  try {
    const { status, body } = await serviceAccess(request, signal);
    if (status >= 200 && status <= 299) return { kind: "ok" };
    const said = withoutUrl(quote(body), webhook.url);
    return refused(webhook, `answers ${status}${said === "" ? "" : `: ${said}`}`);
  } catch (error) {
    if (signal.aborted) throw error;
    if (error instanceof ExchangeError) return refused(webhook, error.message);
    return refused(webhook, error instanceof Error ? withoutUrl(error.message, webhook.url) : "gives no answer");
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  try {
    await wait(pauseMs, undefined, { signal });
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}

/** An answer that quotes the request back must not carry its URL into logs. */
function withoutUrl(text: string, url: string): string {
  const { pathname, search } = new URL(url);
  const parts = [url, `${pathname}${search}`, search].filter((part) => part.length > 1);
  return parts.reduce((line, part) => line.replaceAll(part, "[url]"), text);
}

function refused(webhook: WebhookSettings, what: string): WebhookAnswer {
  return { kind: "refused", message: `webhook ${quote(webhook.name)} ${what}` };
}
