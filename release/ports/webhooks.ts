import type { Phase } from "../model/index.js";
import type { WebhookSettings } from "../settings/index.js";

export type WebhookAnswer = { readonly kind: "ok" } | { readonly kind: "refused"; readonly message: string };

export interface WebhookPort {
  /** One call with the webhook's timeout and retries; never throws but for an aborted signal. No redirects, small bodies. */
  call(webhook: WebhookSettings, phase: Phase, signal: AbortSignal): Promise<WebhookAnswer>;
}
