/** The release ended against the revision, or could not go on; its one line says which and what to do. */
export class ReleaseFailed extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ReleaseFailed";
  }
}

/** Another run holds the release: this one must not touch it any more. */
export class LostLock extends Error {
  constructor(readonly release: string) {
    super(`${release}: another run has taken this release over; this one has stopped and changed nothing more`);
    this.name = "LostLock";
  }
}

/** The run must end, and its revision be rolled back. */
export class AbortRun extends Error {
  constructor(readonly sentence: string) {
    super(sentence);
    this.name = "AbortRun";
  }
}

/** The run must end for another member of its train, whatever its own checks say. */
export class TrainIsOut extends AbortRun {
  constructor(
    sentence: string,
    /** The member that was taken back first. */
    readonly follows: string,
  ) {
    super(sentence);
    this.name = "TrainIsOut";
  }
}

/** What an error says, in one line. */
export function sentenceOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s*\n\s*/g, " ");
}
