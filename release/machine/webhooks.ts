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

/** The first webhook of a type that refuses (for `any`: that agrees); undefined where none does. */
export async function callWebhooks(
  run: Run,
  type: WebhookType,
  wanted: "refused" | "any" = "refused",
): Promise<Objection | undefined> {
  for (const webhook of run.settings.analysis.webhooks.filter((each) => each.type === type)) {
    const { name, muteAlert: muted } = webhook;
    const answer = await run.ports.webhooks.call(webhook, run.status.phase, run.signal);
    if (wanted === "any" && answer.kind === "ok") return { sentence: name, webhook: name, muted };
    if (wanted === "refused" && answer.kind === "refused")
      return { sentence: `${name}: ${answer.message}`, webhook: name, muted };
  }
  return undefined;
}

/** Tells people that a gate is closed; an alert goes out once for each gate that is not muted. */
export class ClosedGates {
  private readonly alerted = new Set<string>();

  constructor(private readonly run: Run) {}

  announce({ sentence, webhook, muted }: Objection): void {
    const alert = !muted && !this.alerted.has(webhook);
    this.alerted.add(webhook);
    this.run.announce("warning", `Halt ${this.run.label} advancement waiting for approval ${sentence}`, alert);
  }
}
