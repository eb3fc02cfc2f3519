import type { WebhookType } from "../settings/index.js";
import type { Run } from "./run.js";

/** A webhook that stands in the way (or, of type `rollback`, that agrees). */
export interface Objection {
  /** `name: what it answered`. */
  readonly sentence: string;
  readonly webhook: string;
  /** Its owner wants no alert about it. */
  readonly muted: boolean;
}

/** The first webhook of a type that refuses (for `any`: that agrees), but for `except`; undefined where none does. */
export async function callWebhooks(
  run: Run,
  type: WebhookType,
  wanted: "refused" | "any" = "refused",
  except: ReadonlySet<string> = new Set(),
): Promise<Objection | undefined> {
  const asked = run.settings.analysis.webhooks.filter((each) => each.type === type && !except.has(each.name));
  for (const webhook of asked) {
    const { name, muteAlert: muted } = webhook;
    const answer = await run.ports.webhooks.call(webhook, run.status.phase, run.signal);
    if (wanted === "any" && answer.kind === "ok") return { sentence: name, webhook: name, muted };
    if (wanted === "refused" && answer.kind === "refused")
      return { sentence: `${name}: ${answer.message}`, webhook: name, muted };
  }
  return undefined;
}
