import { threePoints } from "./fault.js";
import type { Fault, Scene, FaultEffect } from "./fault.js";

const secondUpdateMs = 150_000;
const hangMs = 60_000;
const wrongWeight = 90;

function byHand(name: string, strike: (scene: Scene) => Promise<FaultEffect | void>): Fault {
  return {
    name,
    strikes: "one",
    points: threePoints,
    strike: async (scene) => (await strike(scene)) ?? {},
  };
}

/** What other people, and other machines, do to a release that is under way. */
export const externalEditFaults: readonly Fault[] = [
  byHand("lease-taken", async ({ cluster, release }) => {
    await cluster.stealLease(release);
  }),
  byHand("canary-deleted", async ({ cluster, release }) => {
    await cluster.deleteCanary(release);
    return { canaryGone: true };
  }),
  byHand("route-edited", async ({ cluster, release, observer }) => {
    const unplannedHand = observer.now.weight === 0;
    await cluster.setWeights(release, wrongWeight);
    return { handMade: [wrongWeight], unplannedHand };
  }),
  byHand("primary-scaled", async ({ cluster, release }) => {
    await cluster.scalePrimary(release, 3);
  }),
  byHand("second-update", async ({ startSecond }) => {
    const second = startSecond();
    if (await second.endsWithin(secondUpdateMs)) return { anotherUpdate: true };
    second.signalEverything("SIGKILL");
    return { expectation: () => "the second update did not end" };
  }),
  byHand("abort-annotation", async ({ cluster, release: { namespace, name } }) => {
    await cluster.kubectl("annotate", "canaryrelease", name, "-n", namespace, "apisix-canary.io/abort=not today");
  }),
  {
    name: "webhook-hangs",
    strikes: "one",
    points: ["first-step", "last-step", "promoting"],
    usesHooks: true,
    strike: async ({ hooks, release, update }) => {
      hooks.hang(release.namespace, true);
      const ended = await update.endsWithin(hangMs);
      hooks.hang(release.namespace, false);
      return ended ? {} : { expectation: () => `the update hung for ${hangMs / 1000}s with its webhook` };
    },
  },
];
