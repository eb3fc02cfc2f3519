import { Watchdog } from "../../../release/watchdog/watchdog.js";
import { Process, watchdogPortsOf } from "../../../fakes/index.js";
import type { Harness } from "../machine/harness.js";

const forever = new AbortController().signal;

/** Lets the watchdog look every two seconds until `done`, at most ten minutes. */
export async function watchUntil(harness: Harness, done: () => boolean): Promise<void> {
  const { clock, world } = harness;
  const process = new Process("watchdog", clock);
  const sleep = (milliseconds: number): Promise<void> => process.clock.sleep(milliseconds, forever);
  const ports = watchdogPortsOf(world, process, () => undefined);
  const watchdog = new Watchdog({ watchdogAfterSeconds: 30, podName: "w-1" }, ports);
  const watch = async (): Promise<void> => {
    for (let looks = 0; looks < 300 && !done(); looks += 1) {
      await watchdog.look();
      await sleep(2_000);
    }
    await watchdog.stop();
  };
  await clock.until(watch());
}
