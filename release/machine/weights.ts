import type { RouteState } from "../ports/index.js";
import type { Run } from "./run.js";

export function readRoute(run: Run): Promise<RouteState | undefined> {
  return run.persist(() => run.ports.cluster.readRoute(run.signal));
}

/** Puts weights right that somebody set by hand while the canary is to have none. */
export async function keepAtZero(run: Run): Promise<void> {
  const route = await readRoute(run);
  if (route === undefined || route.canaryWeight === 0) return;
  run.announce("warning", outsideChange(run, route.canaryWeight, 0));
  await run.setWeight(0);
}

export function outsideChange(run: Run, found: number, asked: number): string {
  return `The route of ${run.label} was changed from outside (canary ${found}%): putting ${asked}% right`;
}
