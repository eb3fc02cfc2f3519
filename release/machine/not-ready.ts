import type { WorkloadRole } from "../model/index.js";
import { sentenceOf } from "./failure.js";
import type { Run } from "./run.js";

/** Between two lines about pods that are not ready, each with what the cluster says of them. */
const sayEveryMs = 10_000;

/** Tells now and then that a Deployment is not ready, and what keeps its pods. */
export class NotReady {
  private saidMs = -Infinity;

  constructor(
    private readonly run: Run,
    private readonly role: WorkloadRole,
    private readonly label: string,
    private readonly revision = run.settings.revision,
  ) {}

  async say(message: string): Promise<void> {
    const nowMs = this.run.ports.clock.nowMs();
    if (nowMs - this.saidMs < sayEveryMs) return;
    this.saidMs = nowMs;
    this.run.announce("warning", await this.sentence(message));
  }

  async sentence(message: string): Promise<string> {
    const trouble = await this.trouble();
    const sentence = `${this.label} not ready: ${message}`;
    return trouble === undefined ? sentence : `${sentence}; ${trouble}`;
  }

  /** That nobody can be asked just now is no reason to stop waiting. */
  private async trouble(): Promise<string | undefined> {
    const { run, role, revision } = this;
    try {
      return await run.ports.cluster.readStartTrouble(role, revision, run.signal);
    } catch (error) {
      run.signal.throwIfAborted();
      return `what keeps its pods can't be read (${sentenceOf(error)})`;
    }
  }
}
