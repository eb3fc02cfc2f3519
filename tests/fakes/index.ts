/** Ports in memory and time that passes by itself: the machine runs in tests at a thousand times real speed. */
export { VirtualClock } from "./virtual-clock.js";
export { apiAway, healthy, World } from "./world.js";
export { portsOf, settingsFor } from "./settings.js";
