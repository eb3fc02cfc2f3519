/** One stack in which a user goes from one program to the next. */
import { expect } from "chai";
import { startTraffic } from "../../../sandbox/users/index.js";
import type { TrafficOptions } from "../../../sandbox/users/index.js";
import { blocks } from "../../unit/documents/blocks.js";
import { edited } from "../harness/examples.js";
import { UserProject } from "../harness/project.js";
import type { Result } from "../harness/project.js";

export const old = "6.0.1";
export const next = "6.0.2";
export const image = (tag: string): string => `ghcr.io/stefanprodan/podinfo:${tag}`;
/** Fewer and shorter steps. */
export const hurried = { 'interval: "10s"': 'interval: "1s"', "stepWeight: 10": "stepWeight: 25" };

/** The tutorial's commands, block by block. */
export function tutorial(): readonly string[] {
  return blocks()
    .filter(({ document, kind }) => document === "docs/tutorial.md" && kind === "sh")
    .map(({ text }) => text);
}

export class Walk {
  private constructor(readonly project: UserProject) {}

  /** As the tutorial begins. Its packages are found above its folder, as in any workspace: no registry answers in here. */
  static async open(): Promise<Walk> {
    const [project = ""] = tutorial();
    return new Walk(await UserProject.madeBy("tutorial", edited(project, { "\nnpm install ": "\n: npm install " })));
  }

  update(text: string, more: readonly string[] = []): Promise<Result> {
    this.project.write({ "index.ts": text });
    return this.project.run(["up", "--yes", "--skip-preview", "--non-interactive", "--stack", "dev", ...more]);
  }

  async shipped(text: string): Promise<void> {
    const { code, output } = await this.update(text);
    expect(code, output).to.equal(0);
  }

  /** An update under users; none of them may notice. */
  async promoted(text: string, users: TrafficOptions): Promise<string> {
    const traffic = startTraffic(users);
    const { code, output } = await this.update(text);
    const tally = await traffic.stop();
    expect(code, output).to.equal(0);
    expect(output).to.contain("Promotion completed!");
    expect(tally.total).to.be.greaterThan(0);
    expect(tally.failed, tally.samples.join("\n")).to.equal(0);
    return output;
  }
}
