/** Rolls releases back whose run has died. */
export { ReleaseWatchdog } from "./release-watchdog.js";
export type { ReleaseWatchdogArgs } from "./release-watchdog.js";
