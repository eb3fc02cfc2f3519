/** Users of a release: requests through the gateway, counted by the version that answered. */
export { percentileMs, startTraffic } from "./stream.js";
export type { Tally, Traffic, TrafficOptions } from "./stream.js";
export { startSessions } from "./sessions.js";
export type { Sessions } from "./sessions.js";
