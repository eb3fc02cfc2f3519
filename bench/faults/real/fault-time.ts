import { setTimeout as pause } from "node:timers/promises";
import type { ReleaseView } from "./observer.js";
import { threePoints } from "./fault.js";
import type { Fault } from "./fault.js";

const patienceMs = 60_000;
const shortNapMs = 5_000;
const underWay: ReadonlySet<string> = new Set(["Progressing", "WaitingPromotion", "Promoting", "Finalising"]);

function isTakenBack({ phase, weight, canaryReplicas }: ReleaseView): boolean {
  return phase === "Failed" && weight === 0 && canaryReplicas === 0;
}

/** A laptop whose lid is closed until the watchdog has acted, and then opened again. */
const machineFrozen: Fault = {
  name: "machine-frozen-then-resumed",
  strikes: "one",
  points: [...threePoints, "taking-back"],
  strike: async ({ update, observer }) => {
    const mustBeTakenBack = underWay.has(observer.now.phase);
    update.signalEverything("SIGSTOP");
    const acted = mustBeTakenBack && (await observer.until(isTakenBack, patienceMs));
    if (!mustBeTakenBack) await pause(shortNapMs);
    const resumedAtMs = Date.now();
    update.signalEverything("SIGCONT");
    if (!mustBeTakenBack) return {};
    if (!acted) return { expectation: () => `the watchdog did not act within ${patienceMs / 1000}s` };
    return {
      expectation: (changes) => {
        const rose = changes.find(({ atMs, weight }) => atMs >= resumedAtMs && weight > 0);
        return rose === undefined ? undefined : `the resumed machine set ${rose.weight}%`;
      },
    };
  },
};

/** The analysis is held beyond its deadline by a person's pause; a passed one beyond its handover by a frozen engine. */
const deadline: Fault = {
  name: "deadline",
  strikes: "one",
  points: ["first-step", "last-step", "waiting-promotion"],
  deadlineSeconds: 20,
  strike: async ({ update, release, observer, cluster, point }) => {
    const { namespace, name } = release;
    const annotate = (text: string): Promise<void> =>
      cluster.kubectl("annotate", "canaryrelease", name, "-n", namespace, text).catch(() => undefined);
    const over = (): Promise<boolean> => observer.until(isTakenBack, point === undefined ? shortNapMs : patienceMs);
    const missed = { expectation: () => "the deadline was not obeyed" };
    if (point === "waiting-promotion") {
      // The engine's own process alone: the provider lives, and its promotion never begins.
      update.signalEngine("SIGSTOP");
      const acted = await over();
      update.signalEngine("SIGCONT");
      return acted ? {} : missed;
    }
    await annotate("apisix-canary.io/pause=faults");
    const acted = await over();
    await annotate("apisix-canary.io/pause-");
    return acted || point === undefined ? {} : missed;
  },
};

/** Faults of time: runs that stand still. */
export const timeFaults: readonly Fault[] = [machineFrozen, deadline];
