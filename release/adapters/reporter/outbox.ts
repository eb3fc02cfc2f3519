/** At most so many announcements wait for a receiver that hangs. */
const longest = 200;

/** Sends in the background, in order, and never fails: a receiver that is away must not hold up a release. */
export class Outbox {
  private last: Promise<void> = Promise.resolve();
  private waiting = 0;

  /** Does `work` after all earlier work; what it throws is given to `onError`. Full: the new work is dropped. */
  add(work: () => Promise<void>, onError: (error: unknown) => void): void {
    if (this.waiting >= longest) return;
    this.waiting += 1;
    this.last = this.last
      .then(work)
      .catch(onError)
      .finally(() => (this.waiting -= 1));
  }

  /** Resolves when all that was added until now is done. */
  done(): Promise<void> {
    return this.last;
  }
}
