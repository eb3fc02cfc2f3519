/** How the members of a train belong together: promoted all at once or not at all, or one after the other. */
export const trainOrders = ["together", "in order"] as const;
export type TrainOrder = (typeof trainOrders)[number];

/**
 * `aboard`: on its way. `ready`: passed, and waits for the others. `left`: the others had passed too, its promotion has
 * begun. `out`: taken back, or refused before it began.
 */
export const trainStandings = ["aboard", "ready", "left", "out"] as const;

/** Where a member of a train stands. */
export interface TrainStatus {
  readonly name: string;
  /** The update that it takes part in, the same for all members: what an earlier one left says nothing of this one. */
  readonly update: string;
  /** That it came with. */
  readonly revision: string;
  readonly stands: (typeof trainStandings)[number];
  /** Of one that is out. */
  readonly why?: string;
  /** The member, `cart.shop`, that it is out for. */
  readonly follows?: string;
}
