import { setTimeout as pause } from "node:timers/promises";
import type { Change } from "./observer.js";
import { signalAll } from "../../project/index.js";
import type { Update } from "../../project/index.js";
import { threePoints } from "./fault.js";
import type { Fault } from "./fault.js";

const betweenTwoSignalsMs = 500;

function ending(name: string, end: (update: Update) => Promise<void> | void): Fault {
  return {
    name,
    strikes: "one",
    // For a process that ends, an end while traffic is being rolled back is as dangerous as the others.
    points: [...threePoints, "taking-back"],
    strike: async ({ update }) => {
      await end(update);
      return {};
    },
  };
}

const once = ending("ctrl-c-once", (update) => update.signalGroup("SIGINT"));

/** The ends of the processes that make up `pulumi up`. */
export const processFaults: readonly Fault[] = [
  {
    ...once,
    strike: async (scene) => {
      await once.strike(scene);
      return scene.point === "first-step" ? { expectation: goesOn } : {};
    },
  },
  ending("ctrl-c-twice", async (update) => {
    update.signalGroup("SIGINT");
    await pause(betweenTwoSignalsMs);
    update.signalGroup("SIGINT");
  }),
  ending("sigterm-once", (update) => update.signalEngine("SIGTERM")),
  ending("kill-engine", (update) => update.signalEngine("SIGKILL")),
  ending("kill-provider", (update) => update.signalProviders("SIGKILL")),
  ending("kill-engine-and-provider", (update) => {
    const { providers } = update;
    update.signalEngine("SIGKILL");
    signalAll(providers, "SIGKILL");
  }),
  ending("terminal-closed", (update) => {
    update.closeTerminal();
    update.signalGroup("SIGHUP");
  }),
  ending("machine-killed", (update) => update.signalEverything("SIGKILL")),
];

/** The first Ctrl-C can't be heard by the analysis: it goes on to its verdict. */
function goesOn(changes: readonly Change[]): string | undefined {
  return changes.some(({ phase }) => phase === "WaitingPromotion") ? undefined : "the analysis was cut off";
}
