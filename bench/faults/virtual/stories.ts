import { healthy, settingsFor } from "../../../fakes/index.js";
import type { World } from "../../../fakes/index.js";
import type { ReleaseSettings } from "../../../release/settings/index.js";

/** A whole run that is struck: what it ships, and how that behaves. */
export interface Story {
  readonly name: "promote" | "rollback";
  /** The revision that is shipped while the fault strikes. */
  readonly revision: string;
  /** How it would end without any fault. */
  readonly ends: "promoted" | "rolledBack";
  behave(world: World): void;
}

export const stories: readonly Story[] = [
  { name: "promote", revision: "r2", ends: "promoted", behave: () => undefined },
  {
    name: "rollback",
    revision: "r2",
    ends: "rolledBack",
    behave: (world) => (world.behaviour = { ...world.behaviour, canary: { ...healthy, failingShare: 0.3 } }),
  },
];

export const maxWeight = 40;
/** Short enough that a case takes a minute of virtual time. */
export const handoverSeconds = 30;

/** Two steps up, two steps down, a load test and a gate. */
export function settingsOf(revision: string): ReleaseSettings {
  return settingsFor(
    revision,
    {
      interval: "4s",
      stepWeight: 20,
      maxWeight,
      stepWeightPromotion: 20,
      threshold: 2,
      webhooks: [
        { name: "load-test", url: "http://loadtester/", timeout: "5s" },
        { name: "gate", type: "confirm-promotion", url: "http://loadtester/gate", timeout: "5s" },
      ],
    },
    { handover: handoverSeconds, deadline: "10m" },
  );
}
