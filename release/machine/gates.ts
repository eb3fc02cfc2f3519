import { askedIn } from "../model/index.js";
import type { Phase } from "../model/index.js";
import type { ReleaseObject } from "../ports/index.js";
import { byWhom, clearCommand } from "./commands.js";
import type { WebhookSettings } from "../settings/index.js";
import type { PausableLimit } from "./limit.js";
import type { Run } from "./run.js";
import { callWebhooks } from "./webhooks.js";
import type { Objection } from "./webhooks.js";

export type GateType = "confirm-rollout" | "confirm-traffic-increase" | "confirm-promotion";

/** What a release is while it waits at a gate. */
const phaseAt: Readonly<Record<GateType | "none", Phase>> = {
  none: "Waiting",
  "confirm-rollout": "Waiting",
  "confirm-traffic-increase": "Waiting",
  "confirm-promotion": "WaitingPromotion",
};

/**
 * The gates of one run. One that is closed is told to people, an alert goes out once for each that is not muted, and the
 * time spent there does not count. An approval opens the gate that waits when it is given, and no other.
 */
export class Gates {
  private readonly alerted = new Set<string>();
  private readonly approved = new Set<string>();
  private waitingAt: string | undefined;

  constructor(
    private readonly run: Run,
    private readonly limit: PausableLimit,
  ) {}

  /** Asks the gates of this type, the stage's own too, and a pause that only a person ends; true where all are open or approved. */
  async areOpen(type: GateType | "none", pause?: string, ofStage?: readonly WebhookSettings[]): Promise<boolean> {
    const asking = { except: this.approved, ofStage };
    const asked = type === "none" ? undefined : await callWebhooks(this.run, type, asking);
    const refused = asked ?? this.pauseObjection(pause);
    if (refused === undefined) {
      await this.pass();
      return true;
    }
    if (this.waitingAt !== refused.webhook) await this.begin(type, refused.webhook);
    this.announce(refused);
    return false;
  }

  /** A pause that only a person ends waits from its beginning on: who reads of it may approve at once. */
  async pauseAt(pause: string): Promise<void> {
    await this.begin("none", pause);
  }

  /** Whether somebody opens the gate that waits, as far as the object says; it is obeyed once. */
  async hear(object: ReleaseObject | undefined): Promise<boolean> {
    const { run, waitingAt } = this;
    const text = object?.commands.approve;
    if (waitingAt === undefined || text === undefined) return false;
    await clearCommand(run, "approve");
    run.announce("warning", `${run.label}: approve by ${byWhom(text)} opens gate ${waitingAt}`);
    this.approved.add(waitingAt);
    return true;
  }

  /** People let the release go on: what they approved counts for this passage alone. */
  async pass(): Promise<void> {
    this.approved.clear();
    if (this.waitingAt === undefined) return;
    this.waitingAt = undefined;
    this.limit.resume("gate");
    await this.run.journal({ phase: "Progressing" });
  }

  private pauseObjection(pause: string | undefined): Objection | undefined {
    if (pause === undefined || this.approved.has(pause)) return undefined;
    return { sentence: pause, webhook: pause, muted: false };
  }

  private async begin(type: GateType | "none", webhook: string): Promise<void> {
    const { run } = this;
    const object = await run.persist(() => run.ports.cluster.readRelease(run.signal));
    const earlier = object?.commands.approve;
    if (earlier !== undefined) {
      await clearCommand(run, "approve");
      run.announce(
        "warning",
        `${run.label}: approve by ${byWhom(earlier)} was given before gate ${webhook} began to wait: cleared, give it again if it is meant`,
      );
    }
    this.waitingAt = webhook;
    this.limit.pause("gate");
    await run.journal({ phase: phaseAt[type] });
  }

  private announce({ sentence, webhook, muted }: Objection): void {
    const alert = !muted && !this.alerted.has(webhook);
    this.alerted.add(webhook);
    this.run.announce("warning", `Halt ${this.run.label} advancement waiting for approval ${sentence}`, alert);
  }
}

/** Whether somebody asks for a promotion that does not even ask the gates. */
export function jumpsGates(object: ReleaseObject | undefined): boolean {
  const text = object?.commands.promote;
  return text !== undefined && askedIn(text).skipGates;
}
