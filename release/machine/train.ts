import type { ReleaseStatus, TrainStatus } from "../model/index.js";
import { decideTogether, refusalInOrder, remember, silentSeconds } from "../train/index.js";
import type { Circumstances, Decision, Memory, Seen } from "../train/index.js";
import { ReleaseFailed, sentenceOf, TrainIsOut } from "./failure.js";
import type { PausableLimit } from "./limit.js";
import { labelOf } from "./run.js";
import type { Run } from "./run.js";
import { nowAndThen } from "./waiting.js";

type Settings = NonNullable<Run["settings"]["train"]>;
type Member = Settings["releases"][number];

/** The others are looked at so often, however often the checks are. */
const lookMs = 2_000;
/** A run that gave no sign of life for so long is lost; the watchdog comes before that. */
const shortestLossSeconds = 60;

/** One member's part in its train: it says where it stands, looks at the others, and does what all of them say. */
export class TrainMember {
  private readonly memory = new Map<string, Memory>();
  private lookedMs = -Infinity;
  private last: Decision = { kind: "wait", sentence: "" };
  private readySinceMs: number | undefined;
  private readonly say: (sentence: string) => void;

  private constructor(
    private readonly run: Run,
    private readonly train: Settings,
  ) {
    this.say = nowAndThen(run.ports, (sentence) =>
      run.announce("info", `Halt ${run.label} advancement waiting: ${sentence}`),
    );
  }

  /** Undefined for a release that is in no train. */
  static of(run: Run): TrainMember | undefined {
    const { train } = run.settings;
    return train === undefined ? undefined : new TrainMember(run, train);
  }

  /** From now on the others reckon with it. Throws ReleaseFailed where it is not its turn. */
  async board(): Promise<void> {
    await this.stand("aboard");
    if (this.train.order !== "in order") return;
    const place = this.train.releases.findIndex((each) => this.isOwn(each));
    const sentence = refusalInOrder(await this.see(this.train.releases.slice(0, place)), this.train.name);
    if (sentence !== undefined) throw new ReleaseFailed(`${this.run.label}: ${sentence}; nothing was started`);
  }

  /** It was refused before anything began. */
  leaveOut(error: unknown): Promise<void> {
    return this.stand("out", sentenceOf(error));
  }

  /** Throws TrainIsOut as soon as another member is. */
  async heed(): Promise<void> {
    await this.look();
    const { last } = this;
    if (last.kind === "takeBack") throw new TrainIsOut(last.sentence, last.follows);
  }

  /** This one has passed: whether all others have, too. Time spent here is no time of its own. */
  async isOpen(limit: PausableLimit): Promise<boolean> {
    const { run } = this;
    if (this.readySinceMs === undefined) {
      this.readySinceMs = run.ports.clock.nowMs();
      limit.pause("train");
      await this.stand("ready", undefined, { phase: "WaitingPromotion" });
    }
    await this.heed();
    const { last } = this;
    if (last.kind === "wait") this.say(last.sentence);
    if (last.kind !== "go") return false;
    run.announce("info", `Train ${this.train.name}: ${run.label} and all others have passed`);
    return true;
  }

  private async look(): Promise<void> {
    // In order, nobody waits for anybody: the graph begins one after the other.
    const nowMs = this.run.ports.clock.nowMs();
    if (this.train.order === "in order") this.last = { kind: "go" };
    else if (nowMs - this.lookedMs >= lookMs) {
      this.lookedMs = nowMs;
      const others = await this.see(this.train.releases.filter((each) => !this.isOwn(each)));
      this.last = decideTogether(others, this.circumstances());
    }
  }

  private circumstances(): Circumstances {
    const { settings, ports } = this.run;
    const nowMs = ports.clock.nowMs();
    return {
      train: this.train.name,
      update: ports.update,
      lostAfterSeconds: Math.max(shortestLossSeconds, settings.leaseDuration * 4),
      readySeconds: this.readySinceMs === undefined ? undefined : (nowMs - this.readySinceMs) / 1000,
      patienceSeconds: settings.progressDeadline,
    };
  }

  private see(members: readonly Member[]): Promise<readonly Seen[]> {
    const { run } = this;
    return Promise.all(
      members.map(async (member) => {
        const object = await run.persist(() => run.ports.cluster.readMember(member, run.signal));
        const label = labelOf(member);
        const memory = remember(object?.status, this.memory.get(label), run.ports.clock.nowMs());
        this.memory.set(label, memory);
        return { label, revision: member.revision, status: object?.status, silentSeconds: silentSeconds(memory) };
      }),
    );
  }

  private isOwn({ namespace, name }: Member): boolean {
    return namespace === this.run.settings.namespace && name === this.run.settings.name;
  }

  private stand(stands: TrainStatus["stands"], why?: string, change: Partial<ReleaseStatus> = {}): Promise<void> {
    const { ports, settings } = this.run;
    const said = why === undefined ? {} : { why };
    const train = { name: this.train.name, update: ports.update, revision: settings.revision, stands, ...said };
    return this.run.journal({ ...change, train });
  }
}
