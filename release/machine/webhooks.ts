import type { WebhookSettings, WebhookType } from "../settings/index.js";
import type { Run } from "./run.js";

/** A webhook that stands in the way (or, of type `rollback`, that agrees). */
export interface Objection {
  /** `name: what it answered`. */
  readonly sentence: string;
  readonly webhook: string;
  /** Its owner wants no alert about it. */
  readonly muted: boolean;
}

/** Which webhooks are called, and what is wanted of them. */
interface Asking {
  /** `any`: that one of them agrees. Default: that one refuses. */
  readonly wanted?: "refused" | "any";
  /** By their names; default: none. */
  readonly except?: ReadonlySet<string>;
  /** Of the stage that the run is in, beside those of the analysis. */
  readonly ofStage?: readonly WebhookSettings[] | undefined;
}

/** The first webhook of a type that refuses (for `any`: that agrees); undefined where none does. */
export async function callWebhooks(
  run: Run,
  type: WebhookType,
  { wanted = "refused", except = new Set(), ofStage = [] }: Asking = {},
): Promise<Objection | undefined> {
  const all = [...run.settings.analysis.webhooks, ...ofStage];
  const asked = all.filter((each) => each.type === type && !except.has(each.name));
  for (const webhook of asked) {
    const { name, muteAlert: muted } = webhook;
    const answer = await run.ports.webhooks.call(webhook, run.status.phase, run.signal);
    if (wanted === "any" && answer.kind === "ok") return { sentence: name, webhook: name, muted };
    if (wanted === "refused" && answer.kind === "refused")
      return { sentence: `${name}: ${answer.message}`, webhook: name, muted };
  }
  return undefined;
}
