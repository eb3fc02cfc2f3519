import { Process } from "../../../fakes/index.js";
import type { Fixture } from "./fixture.js";

/** One kind of trouble and what it may excuse. */
export interface FaultKind {
  readonly name: string;
  /** A lost answer differs from a lost request; a hand's act does not. */
  readonly moments: readonly ("before" | "after")[];
  strike(fixture: Fixture): void;
  /** True where nobody but the next run or the watchdog can go on: the run is dead, asleep, or no longer the holder. */
  readonly endsTheRun: boolean;
  /** Somebody's hand makes users fail for a while: at most so long, from the strike on, ms. */
  readonly excusedMs: number;
  /** The promoted primary itself fails by it: then the split stays on purpose, and says so. */
  readonly mayStaySplit?: true;
  /** The process is gone at once and with it all that it knew: only what it has written matters. */
  readonly leavesNothing?: true;
  /** Nobody's fault, and soon over: a healthy release must be promoted all the same. */
  readonly isWeather?: true;
  /** What a person does before the next update, where the fault was a person's too. */
  repair?(fixture: Fixture): void;
}

const both = ["before", "after"] as const;
const before = ["before"] as const;
/** Two checks, and the gateway's lag. */
const noticedMs = 5_000;
/** The provider has so long between the engine's SIGINT and its SIGKILL. */
const graceMs = 5_000;
const primaryGoneMs = 20_000;

const dies = (name: string, strike: (fixture: Fixture) => void): FaultKind => ({
  name,
  moments: both,
  strike,
  endsTheRun: true,
  excusedMs: 0,
});

const livesOn = (name: string, moments: FaultKind["moments"], strike: (fixture: Fixture) => void): FaultKind => ({
  name,
  moments,
  strike,
  endsTheRun: false,
  excusedMs: 0,
});

const byHand = (name: string, strike: (fixture: Fixture) => void, excusedMs = noticedMs): FaultKind => ({
  name,
  moments: before,
  strike,
  endsTheRun: false,
  excusedMs,
});

const apiAway = (name: string, milliseconds: number): FaultKind =>
  livesOn(name, both, (fixture) => fixture.cutApiServer(milliseconds));

/** A gateway can't be reached for so long; where there are `others`, those follow all the same. */
const gatewayAway = (name: string, milliseconds: number, others: boolean): FaultKind => ({
  ...livesOn(name, before, (fixture) => {
    fixture.world.loseGateway(others);
    fixture.recoverAfter(milliseconds, () => fixture.world.thaw());
  }),
  isWeather: true,
});

/** Everything that may happen at any call of a run. */
export const faultKinds: readonly FaultKind[] = [
  { ...dies("crash", (fixture) => fixture.run.kill()), leavesNothing: true },
  dies("interrupt", (fixture) => {
    void fixture.registry.shutdown("the engine sent SIGINT").then(() => fixture.run.kill());
    fixture.clock.at(graceMs, () => fixture.run.kill());
  }),
  dies("laptop-asleep", (fixture) => {
    fixture.run.suspend(120_000);
    fixture.recoverAfter(120_000);
  }),
  dies("lease-deleted", ({ world }) => (world.lease = undefined)),
  dies("lease-taken", (fixture) => {
    const { version, transitions } = fixture.world.lease ?? { version: 0, transitions: 0 };
    fixture.world.lease = { holder: "somebody", version: version + 1, transitions: transitions + 1 };
  }),
  {
    ...dies("api-away-and-crash", (fixture) => {
      fixture.cutApiServer(30_000);
      fixture.run.kill();
    }),
    leavesNothing: true,
  },
  apiAway("api-away-1s", 1_000),
  apiAway("api-away-30s", 30_000),
  apiAway("api-away-5m", 300_000),
  livesOn("prometheus-away", before, (fixture) => {
    fixture.world.metricsAway = true;
    fixture.recoverAfter(60_000, () => (fixture.world.metricsAway = false));
  }),
  livesOn("sync-frozen", before, (fixture) => {
    fixture.world.freeze();
    fixture.recoverAfter(60_000, () => fixture.world.thaw());
  }),
  {
    ...livesOn("sync-refused-for-a-moment", before, (fixture) => {
      fixture.world.freeze();
      fixture.recoverAfter(1_500, () => fixture.world.thaw());
    }),
    isWeather: true,
  },
  gatewayAway("gateway-pod-deleted", 1_100, true),
  gatewayAway("gateway-scaled", 1_000, true),
  gatewayAway("gateway-master-killed", 1_400, false),
  gatewayAway("gateway-hangs", 12_000, false),
  gatewayAway("gateways-away", 45_000, false),
  livesOn("webhook-hangs", before, (fixture) => fixture.hangWebhooks(60_000)),
  livesOn("abort-command", before, ({ world }) => world.command("abort", "enough")),
  livesOn("state-lost", before, ({ world }) => world.loseState()),
  {
    ...byHand("canary-deleted", ({ world }) => (world.canary = undefined)),
    repair: ({ engine, world }) => {
      if (world.canary === undefined) engine.state.delete("canary");
    },
  },
  byHand("canary-scaled-to-0", ({ world, clock }) => world.canary?.scale(0, clock.nowMs())),
  byHand("canary-edited", ({ world }) => {
    if (world.canary !== undefined) world.canary.templateEdits += 1;
  }),
  byHand("route-edited", ({ world }) => world.writeWeight(77, "hand")),
  {
    ...byHand(
      "primary-scaled-to-0",
      (fixture) => {
        const { world, clock } = fixture;
        world.primary?.scale(0, clock.nowMs());
        fixture.recoverAfter(primaryGoneMs, () => world.primary?.scale(2, clock.nowMs()));
      },
      primaryGoneMs + noticedMs,
    ),
    mayStaySplit: true,
  },
  livesOn("second-run", before, (fixture) => {
    const process = new Process("second", fixture.clock);
    fixture.second = process.outcome(fixture.upElsewhere("r2", process));
  }),
];
