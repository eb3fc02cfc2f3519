/** When each release was checked, and by how much each check came later than asked. */
export class Lateness {
  private readonly last = new Map<string, number>();
  private readonly all: number[] = [];

  constructor(private readonly everyMs: number) {}

  /** A check of a release; the first of a run has nothing to be late against. */
  checked(release: string, atMs: number): void {
    const before = this.last.get(release);
    this.last.set(release, atMs);
    if (before !== undefined) this.all.push(Math.max(0, atMs - before - this.everyMs));
  }

  /** The run of a release is over: its next check is a first one again. */
  end(release: string): void {
    this.last.delete(release);
  }

  get values(): readonly number[] {
    return this.all;
  }
}
