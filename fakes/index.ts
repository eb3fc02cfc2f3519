/** Ports in memory and time that passes by itself: the machine runs in tests at a thousand times real speed. */
export { AdoptionWorld, adoptionPortsOf, FakePiece } from "./adoption.js";
export type { Behaviour } from "./counters.js";
export { Engine } from "./engine.js";
export type { UpResult } from "./engine.js";
export { portsOf, watchdogPortsOf } from "./ports.js";
export { Fellowship } from "./fellowship.js";
export type { Update } from "./fellowship.js";
export { Process } from "./process.js";
export { settingsFor } from "./settings.js";
export { VirtualClock } from "./virtual-clock.js";
export { apiAway, healthy, World } from "./world.js";
export type { PortCall } from "./world.js";
